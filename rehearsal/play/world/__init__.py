"""The outside world's data: a feed for each model, whose files land as if a year went by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from rehearsal.play.world import bikes, flights

# How much of the year an environment starts with.
MONTHS = {"staging": range(1, 4), "prod": range(1, 7)}


class Feed(Protocol):
    """What a module of this package offers for a model's sources."""

    def files(self, months: range) -> Iterator[tuple[str, bytes]]:
        """(path below the landing volume, CSV) of each file of the months, 1 to 12."""


FEEDS: dict[str, Feed] = {"bike_demand": bikes, "flight_delay": flights}


def feed_of(model: str) -> Feed:
    """The feed of the model's sources. Raises LookupError when the world has none."""
    if model not in FEEDS:
        known = ", ".join(FEEDS)
        raise LookupError(
            f"no data for model {model}: a rehearsal lands files of {known}; "
            f"add a module to rehearsal/play/world and name it in FEEDS"
        )
    return FEEDS[model]
