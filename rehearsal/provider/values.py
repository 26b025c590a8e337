"""Pure functions between Terraform's values and REST documents, and between the two when they differ (drift).

Terraform's values have every name of the schema, None where nothing is set, and a list even for a block that can occur
once. REST documents have only what is set, and an object there.
"""

from __future__ import annotations

import json
from typing import Any

Values = dict[str, Any]
Block = dict[str, Any]
TIMEOUTS = "timeouts"  # a block for Terraform itself, of which the workspace knows nothing


def document(block: Block, given: Values) -> Values:
    """Terraform's values as a REST document: unset values left out, blocks that can occur once as objects."""
    result: Values = {}
    for name, value in given.items():
        if value is None or value == []:
            continue
        nested = block["block_types"].get(name)
        if nested is None:
            result[name] = value
        elif name == TIMEOUTS:
            continue
        elif nested["nesting_mode"] == "single":
            result[name] = document(nested["block"], value)
        else:
            items = [document(nested["block"], item or {}) for item in value]
            result[name] = items[0] if nested.get("max_items") == 1 else items
    return result


def shaped(block: Block, remote: Values) -> Values:
    """A REST document as Terraform's values, without the names that it does not have."""
    result: Values = {}
    for name, attribute in block["attributes"].items():
        if name in remote:
            result[name] = coerced(attribute["type"], remote[name])
    for name, nested in block["block_types"].items():
        if name in remote and nested["nesting_mode"] == "single":
            inner = remote[name]
            result[name] = complete(nested["block"], shaped(nested["block"], inner)) if inner is not None else None
        elif name in remote:
            found = remote[name]
            items = found if isinstance(found, list) else [] if found is None else [found]
            result[name] = [complete(nested["block"], shaped(nested["block"], item)) for item in items]
    return result


def coerced(kind: Any, value: Any) -> Any:
    """A REST value in the type of the schema, which differs for identifiers: numbers here, strings there."""
    if value is None:
        return None
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value)
    if kind == "number" and isinstance(value, str):
        return float(value) if "." in value else int(value)
    return value


def complete(block: Block, given: Values) -> Values:
    """The values with every name that the schema has."""
    empty: Values = dict.fromkeys(block["attributes"])
    empty |= {name: _nothing(nested) for name, nested in block["block_types"].items()}
    return {**empty, **given}


def completed(block: Block, given: Values) -> Values:
    """The given values, with every name that the schema has in their nested blocks."""
    result = dict(given)
    for name, nested in block["block_types"].items():
        if isinstance(given.get(name), list):
            result[name] = [complete(nested["block"], completed(nested["block"], item)) for item in given[name]]
    return result


def refreshed(block: Block, state: Values, remote: Values, quiet: frozenset[str]) -> Values:
    """The state after a look at the workspace: changed only where the workspace differs.

    `remote` has Terraform's shape. Inside blocks only what the configuration sets is compared, because the workspace
    answers with its defaults for everything else.
    """
    result = dict(state)
    for name in block["attributes"].keys() & remote.keys():
        if not (name in quiet and empty(state[name])):
            result[name] = _same_or(block["attributes"][name]["type"], state[name], remote[name])
    for name, nested in block["block_types"].items():
        if name in remote and not (name in quiet and empty(state[name])):
            result[name] = _refreshed_items(nested, state[name], remote[name])
    return result


def _refreshed_items(nested: Block, state: Any, remote: Any) -> Any:
    block = nested["block"]
    if nested["nesting_mode"] == "single":
        return _refreshed_item(block, state, remote) if state and remote else remote
    state = state or []
    if nested["nesting_mode"] == "set":
        return state if _keys(state) == _keys(remote) else remote
    if len(state) != len(remote):
        return remote
    return [_refreshed_item(block, mine, theirs) for mine, theirs in zip(state, remote, strict=True)]


def _refreshed_item(block: Block, state: Values, remote: Values) -> Values:
    result = dict(state)
    for name, attribute in block["attributes"].items():
        if not empty(state[name]):
            result[name] = _same_or(attribute["type"], state[name], remote.get(name))
    for name, nested in block["block_types"].items():
        if not empty(state[name]) and name != TIMEOUTS:
            result[name] = _refreshed_items(nested, state[name], remote.get(name) or _nothing(nested))
    return result


def _nothing(nested: Block) -> list[Values] | None:
    return None if nested["nesting_mode"] == "single" else []


def _same_or(kind: Any, mine: Any, theirs: Any) -> Any:
    if empty(mine) and empty(theirs):
        return mine
    if kind[0] == "set" and mine and theirs and sorted(mine) == sorted(theirs):
        return mine
    return theirs


def _keys(items: list[Values]) -> list[str]:
    return sorted(json.dumps(_normal(item), sort_keys=True) for item in items)


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _normal(inner) for name, inner in value.items() if not empty(inner)}
    if isinstance(value, list):
        return sorted((_normal(inner) for inner in value), key=json.dumps)
    return value


def empty(value: Any) -> bool:
    """The workspace answers nothing, Terraform's configuration says "", 0, false or []: that is no difference."""
    return value in (None, "", 0, False, [], {})
