"""HTTP of the clock, the rehearsal's own: on Databricks time passes by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import denied, invalid
from rehearsal.workspace.scheduling.lifecycle import scheduler
from rehearsal.workspace.store import Body

router = APIRouter()
CLOCK = "/api/2.0/understudy/clock"


class Move(BaseModel):
    """Where the clock is to be moved.

    `wait`: until what is started on the way has ended. `asleep`: nothing is started, as if the workspace had been down.
    """

    to: datetime | None = None
    by_seconds: float | None = None
    wait: bool = True
    asleep: bool = False


@router.get(CLOCK)
def read_clock(call: CallDep) -> dict[str, Any]:
    """The time, and what is due next of everything that has a schedule or trigger."""
    _require_admin(call)
    due = [{"at": each.moment.isoformat(), "kind": each.source, "key": each.key} for each in scheduler().upcoming()]
    return {"now": call.platform.clock.now().isoformat(), "due": due}


@router.post(CLOCK)
def move_clock(wanted: Move, call: CallDep) -> dict[str, Any]:
    """Move the clock forward through all moments that are due; what was started."""
    _require_admin(call)
    if (wanted.to is None) == (wanted.by_seconds is None):
        raise invalid("Say either to which moment (to) or by how many seconds (by_seconds) the clock is to be moved.")
    try:
        target = wanted.to or call.platform.clock.now() + timedelta(seconds=wanted.by_seconds or 0)
        target = target.astimezone(UTC) if target.tzinfo else target.replace(tzinfo=UTC)
    except (OverflowError, ValueError) as error:
        raise invalid("The clock cannot be moved there: years end with 9999.") from error
    fired: list[Body] = []
    if wanted.asleep:
        scheduler().sleep(target)
    else:
        fired = scheduler().move(target, wanted.wait)
    return {"now": call.platform.clock.now().isoformat(), "fired": fired}


def _require_admin(call: CallDep) -> None:
    if not call.principal.is_admin:
        raise denied("Only workspace administrators can see and move the clock.")
