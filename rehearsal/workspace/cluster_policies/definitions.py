"""The policy definition language: which attributes of a cluster a policy names, and what it says of each. Pure.

https://learn.microsoft.com/azure/databricks/admin/clusters/policy-definition
"""

from __future__ import annotations

import json
import re
from typing import Any

from databricks.sdk.service.compute import ClusterSpec

from rehearsal.workspace.errors import DatabricksError, invalid

Json = dict[str, Any]
# Attributes of a policy that are none of a cluster.
_SYNTHETIC = frozenset({"cluster_type", "dbus_per_hour"})
_ATTRIBUTES = frozenset(ClusterSpec.__dataclass_fields__) | _SYNTHETIC
_DEFAULTS = frozenset({"defaultValue", "isOptional"})
# By type of limitation: what it must say, and what else it may say.
_FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "fixed": (frozenset({"value"}), frozenset({"hidden"})),
    "forbidden": (frozenset(), frozenset({"hidden"})),
    "allowlist": (frozenset({"values"}), _DEFAULTS),
    "blocklist": (frozenset({"values"}), _DEFAULTS),
    "regex": (frozenset({"pattern"}), _DEFAULTS),
    "range": (frozenset(), frozenset({"minValue", "maxValue"}) | _DEFAULTS),
    "unlimited": (frozenset(), _DEFAULTS),
}


def parse(text: str) -> dict[str, Json]:
    """The limitations by attribute. Raises DatabricksError 400 that names the attribute and what is wrong with it."""
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise invalid(f"The policy definition is not JSON: {error}") from error
    if not isinstance(definition, dict):
        raise invalid("The policy definition must be a JSON object of attributes.")
    for attribute, limitation in definition.items():
        _check(attribute, limitation)
    return definition


def _check(attribute: str, limitation: Any) -> None:
    if attribute.split(".")[0] not in _ATTRIBUTES:
        raise _wrong(attribute, "is not an attribute of a cluster")
    if not isinstance(limitation, dict) or limitation.get("type") not in _FIELDS:
        raise _wrong(attribute, f"needs a type, one of {', '.join(_FIELDS)}")
    needed, possible = _FIELDS[limitation["type"]]
    given = limitation.keys() - {"type"}
    if needed - given:
        raise _wrong(attribute, f"of type {limitation['type']} needs {', '.join(sorted(needed - given))}")
    if given - needed - possible:
        unknown = ", ".join(sorted(given - needed - possible))
        raise _wrong(attribute, f"of type {limitation['type']} does not have {unknown}")
    _check_values(attribute, limitation)


def _check_values(attribute: str, limitation: Json) -> None:
    kind, default = limitation["type"], limitation.get("defaultValue")
    if kind in ("allowlist", "blocklist"):
        values = limitation["values"]
        if not isinstance(values, list) or not values:
            raise _wrong(attribute, "needs a list of values that is not empty")
        if default is not None and (default in values) != (kind == "allowlist"):
            raise _wrong(attribute, f"has the default {default!r}, which the policy does not allow")
    if kind == "regex":
        try:
            pattern = re.compile(str(limitation["pattern"]))
        except re.error as error:
            raise _wrong(attribute, f"has a pattern that is no regular expression: {error}") from error
        if default is not None and not pattern.fullmatch(str(default)):
            raise _wrong(attribute, f"has the default {default!r}, which the policy does not allow")
    if kind == "range":
        _check_range(attribute, limitation, default)


def _check_range(attribute: str, limitation: Json, default: Any) -> None:
    lowest, highest = limitation.get("minValue"), limitation.get("maxValue")
    if lowest is None and highest is None:
        raise _wrong(attribute, "of type range needs minValue or maxValue")
    if any(
        isinstance(value, bool) or not isinstance(value, int | float | None) for value in (lowest, highest, default)
    ):
        raise _wrong(attribute, "has a range of something else than numbers")
    bounds = [value for value in (lowest, default, highest) if value is not None]
    if bounds != sorted(bounds):
        raise _wrong(attribute, "has a range that is empty or leaves its default out")


def _wrong(attribute: str, what: str) -> DatabricksError:
    return invalid(f"Validation failed: the policy's attribute '{attribute}' {what}.")
