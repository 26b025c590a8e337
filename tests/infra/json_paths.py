"""Synthesized JSON as paths and values, to compare stacks and to follow their references."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]

_READ = re.compile(r"data\.terraform_remote_state\.([\w-]+)\.outputs\.(\w+)(?:\.([\w-]+)|\[\"([^\"]+)\"\])?")


def leaves(value: Any, path: Path = ()) -> dict[Path, Any]:
    """Every value that is neither an object nor a list, by its path."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in leaves(item, (*path, key)).items()}
    if isinstance(value, list):
        return {k: v for index, item in enumerate(value) for k, v in leaves(item, (*path, str(index))).items()}
    return {path: value}


def differences(one: Any, other: Any) -> set[Path]:
    """Where the two differ."""
    before, after = leaves(one), leaves(other)
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def outputs_read(stack: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(stack, output, first key of a mapping or "") of everything that a stack reads from another's state."""
    for value in leaves(stack).values():
        for producer, output, key, quoted in _READ.findall(str(value)):
            yield producer, output, key or quoted


def named(stack: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The stack with one name in place of another, wherever it is."""
    renamed: dict[str, Any] = json.loads(json.dumps(stack).replace(old, new))
    return renamed
