"""How a resource's values differ before and after: by path, as short text, with secrets hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HIDDEN = "(secret)"
UNKNOWN = "(known after apply)"
ABSENT = "(none)"
LONGEST = 60

# What names an item among its neighbours; Terraform itself knows items of blocks by position only.
_ITEM_KEYS = ("task_key", "environment_key", "job_cluster_key", "key", "principal", "name", "subnet_id")
# Providers mark secrets as sensitive; what passes through another stack's outputs loses the mark.
_SECRET_NAME = re.compile(r"(password|secret|token|private_key|access_key|connection_string|string_value)$")
_SIGNATURE = re.compile(r"([?&](?:sig|signature|code|token)=)[^&\s\"]+")


@dataclass(frozen=True)
class Difference:
    """An attribute that changes; `path` is as people write it, `task[train].timeout_seconds`."""

    path: str
    old: str
    new: str


def differences(before: Any, after: Any, before_secret: Any = False, after_secret: Any = False) -> list[Difference]:
    """The leaves that differ, in the order of their paths. The last two are Terraform's masks of sensitive values."""
    old, new = dict(_leaves(before, before_secret)), dict(_leaves(after, after_secret))
    found = []
    for path in sorted(old.keys() | new.keys()):
        was, becomes = old.get(path), new.get(path)
        if (was and was.value) == (becomes and becomes.value):
            continue
        hidden = any(leaf is not None and leaf.secret for leaf in (was, becomes))
        found.append(Difference(path, _shown(was, hidden), _shown(becomes, hidden)))
    return found


def completed(after: Any, unknown: Any) -> Any:
    """The planned values, with the word for what only the deployment will tell where Terraform leaves a gap."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping):
        known = after if isinstance(after, Mapping) else {}
        return {**known, **{name: completed(known.get(name), mask) for name, mask in unknown.items()}}
    if isinstance(unknown, list) and isinstance(after, list):
        masks = [*unknown, *[False] * (len(after) - len(unknown))]
        return [completed(item, mask) for item, mask in zip(after, masks, strict=False)]
    return after


def plain(value: Any) -> str:
    """A value in a line: lists by comma, signatures in addresses hidden, the middle of long ones left out."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = ", ".join(plain(item) for item in value)
    text = _SIGNATURE.sub(r"\1…", " ".join(str(value).split()))
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} … {text[-LONGEST // 4 :]} ({len(text):,} characters)"


@dataclass(frozen=True)
class _Leaf:
    value: Any
    secret: bool


def _shown(leaf: _Leaf | None, hidden: bool) -> str:
    if leaf is None:
        return ABSENT
    if leaf.value == UNKNOWN:
        return UNKNOWN
    return HIDDEN if hidden else plain(leaf.value)


def _leaves(value: Any, secret: Any, path: str = "") -> Iterator[tuple[str, _Leaf]]:
    """What is absent, null or empty is all the same to Terraform's providers, and no leaf."""
    if value is None or value == [] or value == {}:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            below = True if secret is True or _SECRET_NAME.search(name) else _mask(secret, name)
            yield from _leaves(item, below, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        for index, (label, item) in enumerate(zip(_labels(value), value, strict=True)):
            yield from _leaves(item, secret if secret is True else _mask(secret, index), f"{path}{label}")
    else:
        # A list of plain values has one mask for each of them.
        yield path, _Leaf(value, secret is True or (isinstance(secret, list) and any(m is True for m in secret)))


def _mask(secret: Any, at: str | int) -> Any:
    if isinstance(secret, Mapping):
        return secret.get(str(at), False)
    if isinstance(secret, list) and isinstance(at, int) and at < len(secret):
        return secret[at]
    return False


def _labels(items: Sequence[Any]) -> list[str]:
    """`[train]` for the items of a list, by what names them, else by position; nothing for a block that is alone."""
    for key in _ITEM_KEYS:
        names = [item.get(key) if isinstance(item, Mapping) else None for item in items]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return [f"[{name}]" for name in names]
    return [""] if len(items) == 1 else [f"[{index}]" for index in range(len(items))]
