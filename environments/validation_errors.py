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
    "model_attributes_type": "a mapping",
    "finite_number": "a finite number",
    "invalid_key": "a key that is text",
}
# Of numbers; of fields that say which branch of a union is meant.
LIMITS = {
    "greater_than": "above {gt}",
    "greater_than_equal": "of at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "of at most {le}",
}
UNION_TAGS = ("union_tag_invalid", "union_tag_not_found")


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


def problems(error: ValidationError, data: Any) -> Iterator[Problem]:
    """The problems in a validation error of `data`. A value that fits no branch of a union is one problem."""
    unions: dict[KeyPath, list[Problem]] = {}
    within: set[KeyPath] = set()
    for detail in error.errors():
        cross = detail.get("ctx", {}).get("error")
        path, in_union = _path_in_data(detail, data)
        if isinstance(cross, CrossCheckError):
            within.add(path)
            for check in cross.checks:
                yield Problem("cross_check", (*path, *check.path), check.found, check.expected)
        elif in_union:
            unions.setdefault(path, []).append(_problem(detail, path))
        else:
            yield _problem(detail, path)
    for path, branches in unions.items():
        if path in within:  # one branch was meant, and what is wrong within it has been told
            continue
        expected = " or ".join(dict.fromkeys(branch.expected for branch in branches))
        yield Problem("union", path, branches[0].found, expected)


def _path_in_data(detail: ErrorDetails, data: Any) -> tuple[KeyPath, bool]:
    """Pydantic's path without its own words for keys and branches of unions; whether it ends in such a branch."""
    *inner, last = detail["loc"] or ("",)
    path: KeyPath = ()
    for part in inner:
        if _has(data, part):
            path, data = (*path, part), data[part]
    if detail["type"] in ("missing", "extra_forbidden") or _has(data, last):
        return (*path, last), False
    return path, last not in ("", "[key]") and detail["type"] not in UNION_TAGS


def _has(data: Any, part: str | int) -> bool:
    return part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int)


def _problem(detail: ErrorDetails, path: KeyPath) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "literal_error":
        expected = f"one of {context['expected']}"
    elif kind == "too_short":
        expected = f"at least {context['min_length']} of them"
    elif kind in UNION_TAGS:
        return _tag_problem(detail, path)
    elif kind in LIMITS:
        expected = f"a number {LIMITS[kind].format(**context)}"
    else:
        expected = EXPECTED.get(kind, detail["msg"][0].lower() + detail["msg"][1:])
    return Problem(kind, path, told(detail["input"]), expected)


def _tag_problem(detail: ErrorDetails, path: KeyPath) -> Problem:
    """The key that says which branch of a union is meant, is missing or says none of them."""
    context = detail["ctx"]
    key = context["discriminator"].strip("'")
    if detail["type"] == "union_tag_not_found":
        return Problem("missing", (*path, key), "nothing", "this key, which is required")
    return Problem(detail["type"], (*path, key), repr(context["tag"]), f"one of {context['expected_tags']}")


def told(value: Any) -> str:
    """A value as messages show what was found."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()} (text needs quotes)"
    return repr(value) if isinstance(value, str) else f"{value} ({type(value).__name__})"


def fields_at(model_type: Any, path: KeyPath, data: Any) -> list[str]:
    """The keys that the model knows at a key path of `data`; empty where it takes any."""
    kind = _chosen(model_type, data)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        arguments = get_args(kind)
        if not path or not arguments or get_origin(kind) is Literal:
            return []
        return fields_at(arguments[-1], path[1:], data[path[0]])
    keys = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
    if not path:
        return list(keys)
    return fields_at(keys[str(path[0])], path[1:], data[path[0]]) if path[0] in keys else []


def _chosen(annotation: Any, data: Any) -> Any:
    """The type without Annotated and `| None`; of several models, the one whose literal key says what `data` says."""
    if get_origin(annotation) is Annotated:
        return _chosen(get_args(annotation)[0], data)
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        branches = [kind for kind in get_args(annotation) if kind is not type(None)]
        return _chosen(next((kind for kind in branches if _is_meant(kind, data)), branches[0]), data)
    return annotation


def _is_meant(kind: Any, data: Any) -> bool:
    """Whether all keys of the model that take literals have, in the data, one that they take."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(data, dict)):
        return False
    literals = {name: field for name, field in kind.model_fields.items() if get_origin(field.annotation) is Literal}
    return all(data.get(name) in get_args(field.annotation) for name, field in literals.items())
