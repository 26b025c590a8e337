"""Resource groups."""

from __future__ import annotations

from rehearsal.workspace.arm.errors import invalid
from rehearsal.workspace.arm.ids import GROUP_TYPE
from rehearsal.workspace.arm.resources import Change, ResourceType


def _settle(change: Change) -> None:
    if not change.after.get("location"):
        raise invalid("The location property is required for this definition.", "LocationRequired")


TYPES = (ResourceType(GROUP_TYPE, settle=_settle),)
