"""HTTP of faults, the rehearsal's own: set, listed, removed, by administrators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import denied, not_found
from rehearsal.workspace.faults.fault import NAMES, POINTS, Wanted
from rehearsal.workspace.faults.injection import API
from rehearsal.workspace.faults.registry import registry

router = APIRouter()


@router.post(API)
def set_fault(wanted: Wanted, call: CallDep) -> dict[str, Any]:
    """Set a fault, for all workspaces of the platform, until it has struck as often as it is to or is removed."""
    _require_admin(call)
    return registry.set(wanted).shown()


@router.get(API)
def list_faults(call: CallDep) -> dict[str, Any]:
    """Faults that are set, and those that there are."""
    _require_admin(call)
    return {"faults": [fault.shown() for fault in registry.all()], "names": list(NAMES), "points": POINTS}


@router.delete(API)
def remove_faults(call: CallDep) -> dict[str, Any]:
    """Remove all."""
    _require_admin(call)
    registry.remove()
    return {}


@router.delete(API + "/{identifier}")
def remove_fault(identifier: int, call: CallDep) -> dict[str, Any]:
    """Remove one."""
    _require_admin(call)
    if not registry.remove(identifier):
        raise not_found(f"Fault {identifier} is not set.")
    return {}


def _require_admin(call: CallDep) -> None:
    if not call.principal.is_admin:
        raise denied("Only workspace administrators can set faults.")
