"""A plan's digest: the same for plans that would do the same. Pure functions of Terraform's JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Plan = Mapping[str, Any]

NOTHING = "nothing"  # the digest of plans by which nothing changes
_QUIET = (["no-op"], ["read"])


def digest(plans: Mapping[str, Plan]) -> str:
    """Of the plans of some stacks, by name."""
    found = {stack: deeds for stack, plan in sorted(plans.items()) if (deeds := _deeds(plan))}
    if not found:
        return NOTHING
    return hashlib.sha256(json.dumps(found, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _deeds(plan: Plan) -> list[Any]:
    """What would be done, in the order of addresses."""
    resources = [
        [change["address"], change["change"]["actions"], change.get("previous_address"), _values(change["change"])]
        for change in plan.get("resource_changes", [])
        if change["change"]["actions"] not in _QUIET or _moves(change)
    ]
    outputs = [
        [f"output.{name}", change["actions"], None, _values(change)]
        for name, change in plan.get("output_changes", {}).items()
        if change["actions"] not in _QUIET
    ]
    return sorted([*resources, *outputs], key=lambda deed: str(deed[0]))


def _moves(change: Mapping[str, Any]) -> bool:
    return bool(change.get("previous_address") or change["change"].get("importing"))


def _values(change: Mapping[str, Any]) -> Any:
    """What changes, from what to what.

    What stays, such as a time that the platform notes, says nothing of the deed; nor does what was before where the
    platform will set it anew.
    """
    if change["actions"] == ["delete"]:
        return None
    before, after, unknown = change.get("before"), change.get("after"), change.get("after_unknown")
    if not isinstance(after, Mapping):
        return [before, after, unknown]
    # A resource that is new has no values before, and what is not known has none after.
    old, masks = before or {}, unknown if isinstance(unknown, Mapping) else {}
    return {
        name: [None if masks.get(name) is True else old.get(name), after.get(name), masks.get(name, False)]
        for name in sorted({*old, *after, *masks})
        if old.get(name) != after.get(name) or _any(masks.get(name))
    }


def _any(mask: Any) -> bool:
    """Is anything within it unknown?"""
    if isinstance(mask, Mapping):
        return any(_any(item) for item in mask.values())
    if isinstance(mask, list):
        return any(_any(item) for item in mask)
    return bool(mask)
