"""The outside world's data: a feed for each model, whose files land as if a year went by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from rehearsal.play.world import bikes, flights, samples

# How much of the year an environment starts with.
MONTHS = {"staging": range(1, 4), "prod": range(1, 7)}
# What lands in prod when its first life has been lived, and is asked about while traffic moves.
NEXT_MONTHS = range(7, 8)


class Feed(Protocol):
    """What a module of this package offers for a model's sources."""

    def files(self, months: range) -> Iterator[tuple[str, bytes]]:
        """(path below the landing volume, CSV) of each file of the months, 1 to 12."""


FEEDS: dict[str, Feed] = {"bike_demand": bikes, "flight_delay": flights, **samples.feeds()}

# Who asks a model's endpoint: requests one after the other, each the records of several predictions.
CALLERS: dict[str, Callable[[range], Iterator[list[dict[str, Any]]]]] = {"flight_delay": flights.departures}

# Who sends requests to a model's topic: rows of its label table, one a record, as far as they are known beforehand.
SENDERS: dict[str, Callable[[range], Iterator[dict[str, Any]]]] = {"flight_delay": flights.planned}


def sent_to(model: str, months: range) -> Iterator[dict[str, Any]]:
    """The requests of those months. Raises LookupError when nobody sends the model any."""
    if model not in SENDERS:
        raise LookupError(f"nobody sends requests to model {model}: name a function in rehearsal/play/world SENDERS")
    return SENDERS[model](months)


def callers_of(model: str, months: range) -> Iterator[list[dict[str, Any]]]:
    """The requests of those months. Raises LookupError when nobody asks the model."""
    if model not in CALLERS:
        raise LookupError(f"nobody asks model {model}: name a function of its requests in rehearsal/play/world CALLERS")
    return CALLERS[model](months)


def feed_of(model: str) -> Feed:
    """The feed of the model's sources. Raises LookupError when the world has none."""
    if model not in FEEDS:
        known = ", ".join(FEEDS)
        raise LookupError(
            f"no data for model {model}: a rehearsal lands files of {known}; "
            f"add rehearsal/play/world/samples/{model}/<table>.csv, or a module there and name it in FEEDS"
        )
    return FEEDS[model]
