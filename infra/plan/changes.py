"""The plan's resource changes and its drift, as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.plan.holdings import READERS
from infra.plan.protection import Protection
from infra.plan.values import UNKNOWN, Difference, completed, differences

Action = Literal["create", "update", "replace", "destroy", "forget", "move", "import"]
Plan = Mapping[str, Any]

# Terraform's lists of actions (its JSON format's words) by what people call them.
_ACTIONS: dict[tuple[str, ...], Action] = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
}
# What the access table says better.
_ACCESS_BLOCKS = (
    "grant",
    "access_control",
    "privileges",
    "permissions",
    "permission_level",
    "permission",
    "principals",
)


@dataclass(frozen=True)
class Change:
    """What happens to a resource.

    `guard`: it is protected and Terraform refuses, or it was protected and has left the configuration: nothing refuses.
    """

    address: str
    type: str
    name: str
    action: Action
    differences: tuple[Difference, ...] = ()
    replaced_for: tuple[str, ...] = ()
    guard: Literal["", "refused", "left"] = ""


def changes(plan: Plan, protected: Protection | None = None) -> list[Change]:
    """The resources that would change, in the order of their addresses."""
    found = []
    for resource in plan.get("resource_changes", []):
        action = _action(resource)
        if resource["mode"] == "managed" and action:
            found.append(_change(plan, resource, action, protected or Protection()))
    return sorted(found, key=lambda change: change.address)


def drift(plan: Plan) -> list[Change]:
    """The resources that were changed outside Terraform since it last looked; `old` is what it had left there."""
    found = []
    for resource in plan.get("resource_drift", []):
        change = resource["change"]
        action = _ACTIONS.get(tuple(change["actions"]))
        differing = differences(change["before"], change["after"], *_secrets(change))
        if action and (differing or action == "destroy"):
            shown = tuple(differing) if action == "update" else ()
            found.append(Change(resource["address"], resource["type"], name_of(resource), action, shown))
    return sorted(found, key=lambda change: change.address)


def outputs(plan: Plan) -> list[Change]:
    """The stack's outputs that would change: other stacks read them."""
    found = []
    for name, change in sorted(plan.get("output_changes", {}).items()):
        action = _ACTIONS.get(tuple(change["actions"]))
        if action:
            after = completed(change.get("after"), change.get("after_unknown"))
            differing = differences({name: change.get("before")}, {name: after}, *({name: m} for m in _secrets(change)))
            found.append(Change(f"output.{name}", "output", name, action, tuple(differing)))
    return found


def planned_values(resource: Mapping[str, Any]) -> dict[str, Any] | None:
    """A resource's values after the deployment; None when it will be gone."""
    change = resource["change"]
    if change["actions"] in (["delete"], ["forget"]):
        return None
    values: dict[str, Any] = completed(change.get("after"), change.get("after_unknown"))
    return values


def name_of(resource: Mapping[str, Any]) -> str:
    """What the platform calls the resource, such as `staging.flights.landing`; else its name in the stack."""
    values = resource["change"].get("after") or resource["change"].get("before") or {}
    for attribute in ("display_name", "name", "path", "service_name"):
        if isinstance(values.get(attribute), str):
            parents = [values.get("catalog_name"), values.get("schema_name")] if attribute == "name" else []
            return ".".join([*[parent for parent in parents if parent], values[attribute]])
    return str(resource["name"])


def _action(resource: Mapping[str, Any]) -> Action | None:
    action = _ACTIONS.get(tuple(resource["change"]["actions"]))
    if resource["change"].get("importing"):
        return "import"
    if action is None and resource.get("previous_address"):
        return "move"
    return action


def _change(plan: Plan, resource: Mapping[str, Any], action: Action, protected: Protection) -> Change:
    change = resource["change"]
    guard: Literal["", "refused", "left"] = ""
    if action in ("destroy", "replace"):
        if resource["address"] in protected.addresses:
            guard = "refused"
        elif action == "destroy" and resource["type"] in protected.types:
            guard = "left"
    shown: tuple[Difference, ...] = ()
    if action in ("update", "replace", "import"):
        differing = differences(change["before"], planned_values(resource), *_secrets(change))
        set_by_us = _configured(plan, resource["address"])
        access = _ACCESS_BLOCKS if resource["type"] in READERS else ()
        shown = tuple(
            difference
            for difference in differing
            # What the platform computes anew with every change says nothing.
            if (difference.new != UNKNOWN or _root(difference.path) in set_by_us)
            and _root(difference.path) not in access
        )
    causes = tuple(".".join(str(part) for part in path) for path in change.get("replace_paths") or ())
    return Change(resource["address"], resource["type"], name_of(resource), action, shown, causes, guard)


def _root(path: str) -> str:
    return path.split(".")[0].split("[")[0]


def _configured(plan: Plan, address: str) -> set[str]:
    for resource in plan.get("configuration", {}).get("root_module", {}).get("resources", []):
        if resource["address"] == address:
            return set(resource.get("expressions", {}))
    return set()


def _secrets(change: Mapping[str, Any]) -> tuple[Any, Any]:
    return change.get("before_sensitive", False), change.get("after_sensitive", False)
