"""What takes longer than a test run may: a whole rehearsal, then all that may befall a model (`make life`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.checkout import Checkout, rehearsed


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The rehearsed checkout."""
    with rehearsed(tmp_path_factory.mktemp("release") / "understudy", "WHOLE=1") as made:
        yield made
