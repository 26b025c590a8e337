"""The clock that can be moved: forward only, durably."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rehearsal.workspace import clock
from rehearsal.workspace.clock import Clock
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Store

SECOND = timedelta(seconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state.sqlite")


def test_it_tells_real_time_until_it_is_moved(store: Store) -> None:
    assert abs(Clock(store).now() - datetime.now(UTC)) < SECOND


def test_it_goes_on_from_where_it_was_moved_to_also_after_a_restart(store: Store) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    Clock(store).move(tomorrow)
    assert tomorrow <= Clock(store).now() < tomorrow + SECOND
    with store.transaction() as tx:
        assert tomorrow <= clock.now(tx) < tomorrow + SECOND
        assert -1 < clock.milliseconds(tx) - tomorrow.timestamp() * 1000 < 1000


def test_it_is_never_set_back(store: Store) -> None:
    moved = Clock(store)
    moved.move(datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(DatabricksError, match="cannot be set back"):
        moved.move(datetime.now(UTC))
    assert moved.now() > datetime.now(UTC) + timedelta(hours=23)


def test_a_new_store_may_begin_in_the_past_and_goes_forward_from_there(store: Store) -> None:
    spring = datetime(2013, 4, 1, tzinfo=UTC)
    Clock(store).begin(spring)
    past = Clock(store)
    assert spring <= past.now() < spring + SECOND
    past.move(spring + timedelta(days=30))
    with pytest.raises(DatabricksError, match="cannot be set back"):
        past.move(spring)
    assert past.now() - spring < timedelta(days=30) + SECOND
