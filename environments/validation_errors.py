"""Pydantic's validation errors in our words: key path, what was found, what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

KeyPath = tuple[str | int, ...]

EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


@dataclass(frozen=True)
class CrossCheck:
    """Two settings that do not fit each other, as found by a model itself; `path` is relative to that model."""

    path: KeyPath
    found: str
    expected: str


class CrossCheckError(ValueError):
    """What a model's validator raises to name all its cross checks at once."""

    def __init__(self, checks: list[CrossCheck]) -> None:
        super().__init__("; ".join(f"{check.path}: found {check.found}, expected {check.expected}" for check in checks))
        self.checks = checks


@dataclass(frozen=True)
class Problem:
    """One validation error; `kind` is pydantic's name of it."""

    kind: str
    path: KeyPath
    found: str
    expected: str


def problems(error: ValidationError) -> Iterator[Problem]:
    """The problems in a validation error. A value that fits no branch of a union is one problem, not one a branch."""
    unions: dict[KeyPath, list[Problem]] = {}
    for detail in error.errors():
        cross = detail.get("ctx", {}).get("error")
        path = tuple(part for part in detail["loc"] if part != "[key]")
        if isinstance(cross, CrossCheckError):
            for check in cross.checks:
                yield Problem("cross_check", (*path, *check.path), check.found, check.expected)
        elif path and path[-1] in ("int", "float", "str", "bool") and detail["type"] != "extra_forbidden":
            unions.setdefault(path[:-1], []).append(_problem(detail, path[:-1]))
        else:
            yield _problem(detail, path)
    for path, branches in unions.items():
        expected = " or ".join(dict.fromkeys(branch.expected for branch in branches))
        yield Problem("union", path, branches[0].found, expected)


def _problem(detail: ErrorDetails, path: KeyPath) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "literal_error":
        expected = f"one of {context['expected']}"
    elif kind == "string_pattern_mismatch":
        expected = f"text that matches {context['pattern']}"
    else:
        expected = EXPECTED.get(kind, detail["msg"][0].lower() + detail["msg"][1:])
    return Problem(kind, path, _found(detail["input"]), expected)


def _found(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()} (text needs quotes)"
    return repr(value) if isinstance(value, str) else f"{value} ({type(value).__name__})"


def fields_at(model_type: Any, path: KeyPath) -> list[str]:
    """The keys that the model knows at a key path; empty where it takes any."""
    kind = _unwrapped(model_type)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        arguments = get_args(kind)
        return fields_at(arguments[-1], path[1:]) if path and arguments and get_origin(kind) is not Literal else []
    keys = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
    if not path:
        return list(keys)
    return fields_at(keys[str(path[0])], path[1:]) if path[0] in keys else []


def _unwrapped(annotation: Any) -> Any:
    """The type without Annotated and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        return _unwrapped(next(kind for kind in get_args(annotation) if kind is not type(None)))
    return annotation
