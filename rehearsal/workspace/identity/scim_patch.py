"""SCIM's PATCH on a stored resource, as a pure function: add, replace and remove attributes or members.

RFC 7644 section 3.5.2, as far as databricks-sdk and Terraform's provider use it.
"""

from __future__ import annotations

import re
from typing import Any

from databricks.sdk.service.iam import Patch, PatchOp

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body

_SELECTED = re.compile(r"""(\w+)\[value eq ["']([^"']*)["']\]""")
_LISTS = frozenset({"members", "roles", "entitlements", "emails"})


def patched(resource: Body, operations: list[Patch]) -> Body:
    """The resource after all operations. Raises DatabricksError 400."""
    for operation in operations:
        resource = _applied(resource, operation)
    return resource


def _applied(resource: Body, operation: Patch) -> Body:
    if operation.op is None:
        raise invalid("A patch operation needs `op`: add, replace or remove.")
    if not operation.path:
        if operation.op == PatchOp.REMOVE or not isinstance(operation.value, dict):
            raise invalid("A patch operation without `path` needs an object as `value` and cannot remove.")
        for attribute, value in operation.value.items():
            resource = _changed(resource, operation.op, attribute, value)
        return resource
    selected = _SELECTED.fullmatch(operation.path)
    if selected and operation.op == PatchOp.REMOVE:
        return _changed(resource, operation.op, selected[1], [{"value": selected[2]}])
    return _changed(resource, operation.op, operation.path, operation.value)


def _changed(resource: Body, operation: PatchOp, attribute: str, value: Any) -> Body:
    if attribute not in _LISTS:
        kept = {key: held for key, held in resource.items() if key != attribute}
        return kept if operation == PatchOp.REMOVE else {**kept, attribute: value}
    held = resource.get(attribute, [])
    given = _values(value)
    if operation == PatchOp.REPLACE:
        result = given
    elif operation == PatchOp.ADD:
        known = {item["value"] for item in held}
        result = [*held, *(item for item in given if item["value"] not in known)]
    else:
        gone = {item["value"] for item in given}
        result = [item for item in held if gone and item["value"] not in gone]
    return {**resource, attribute: result}


def _values(value: Any) -> list[Body]:
    """List attributes are given as objects with `value`, one or several, or wrapped in the attribute's own name."""
    if value is None:
        return []
    if isinstance(value, dict) and "value" not in value and len(value) == 1:
        value = next(iter(value.values()))
    # An object without anything is what Terraform's provider sends for no entitlements.
    items = [item for item in (value if isinstance(value, list) else [value]) if item != {}]
    if not all(isinstance(item, dict) and isinstance(item.get("value"), str) for item in items):
        raise invalid("Values of a list attribute are objects with `value`.")
    return items
