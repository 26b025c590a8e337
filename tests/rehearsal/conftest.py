"""The release is tested on a brief rehearsal: no month goes by in prod after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.checkout import Checkout, rehearsed


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The rehearsed checkout."""
    with rehearsed(tmp_path_factory.mktemp("release") / "understudy", "BRIEF=1") as made:
        yield made
