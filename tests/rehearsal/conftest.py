"""The release is tested on what `make rehearse` leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.checkout import Checkout, rehearsed


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The rehearsed checkout."""
    with rehearsed(tmp_path_factory.mktemp("release") / "understudy") as made:
        yield made
