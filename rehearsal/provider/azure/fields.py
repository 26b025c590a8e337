"""Which attribute of Terraform's is which part of Azure's document, and pure functions that carry values both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class At:
    """An attribute that is one place in the document, such as `properties.sku.name`."""

    path: str
    write: Callable[[Any], Any] = _same
    read: Callable[[Any], Any] = _same


@dataclass(frozen=True)
class Out(At):
    """An attribute that Azure alone fills in."""


@dataclass(frozen=True)
class Local:
    """An attribute that steers the provider and that Azure never hears of."""


@dataclass(frozen=True)
class Block:
    """A nested block: an object of the document, or (`many`) a list of them."""

    path: str
    fields: Mapping[str, Field]
    many: bool = False


Field = At | Local | Block


def flag(path: str, yes: str = "Enabled", no: str = "Disabled") -> At:
    """A truth value that Azure spells as a word."""
    return At(path, lambda value: yes if value else no, lambda word: word == yes)


def opposite(path: str) -> At:
    """A truth value that Azure says the other way round."""
    return At(path, lambda value: not value, lambda value: not value)


def reference(path: str) -> At:
    """An id that Azure wraps as `{"id": ...}`."""
    return At(f"{path}.id")


def write(fields: Mapping[str, Field], given: Values, document: Values) -> None:
    """Put the given values into the document; what is not set leaves it."""
    for name, field in fields.items():
        if isinstance(field, (Local, Out)):
            continue
        value = given.get(name)
        if isinstance(field, At):
            _put(document, field.path, None if value is None else field.write(value))
        elif not value:
            _put(document, field.path, None)
        else:
            items = [_written(field.fields, item or {}) for item in value]
            _put(document, field.path, items if field.many else items[0])


def read(fields: Mapping[str, Field], document: Values, known: Values) -> Values:
    """The document's values by attribute; what Azure never hears of stays as it is known."""
    found: Values = {}
    for name, field in fields.items():
        if isinstance(field, Local):
            found[name] = known.get(name)
            continue
        value = _get(document, field.path)
        if isinstance(field, At):
            found[name] = None if value is None else field.read(value)
        else:
            items = [] if value in (None, {}) else value if field.many else [value]
            before = known.get(name) or []
            found[name] = [
                read(field.fields, item, before[index] if index < len(before) else {})
                for index, item in enumerate(items)
            ]
    return found


def unknown(fields: Mapping[str, Field], given: Values, other: frozenset[str]) -> list[str]:
    """Names that are set and that neither `fields` nor `other` has."""
    missing = [name for name, value in given.items() if name not in fields and name not in other and _is_set(value)]
    for name, field in fields.items():
        if isinstance(field, Block):
            for item in given.get(name) or []:
                missing += [f"{name}.{part}" for part in unknown(field.fields, item or {}, frozenset())]
    return missing


def _is_set(value: Any) -> bool:
    return value not in (None, [], {}, False, "")


def _written(fields: Mapping[str, Field], given: Values) -> Values:
    document: Values = {}
    write(fields, given, document)
    return document


def _put(document: Values, path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        if name not in document and value is None:
            return
        document = document.setdefault(name, {})
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value


def _get(document: Values, path: str) -> Any:
    found: Any = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
