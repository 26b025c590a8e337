"""The page of all settings: each key with its type, default, allowed values and meaning; from the typed settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import getdoc
from ipaddress import IPv4Network
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from environments.settings import Account, Environment, Model
from environments.strict import Strict
from infra.reference.markdown import code, page, table

FILES: dict[str, type[BaseModel]] = {
    "account.yaml": Account,
    "<environment>.yaml": Environment,
    "models/<model>.yaml": Model,
}
TYPES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    IPv4Network: "text",
}
INTRODUCTION = """\
The files are in `environments/`. A key that is not here is refused, and so is a value that does not fit: one message
says file, line, key, what was found and what is expected, and nothing is written. `UNDERSTUDY_SETTINGS` names another
folder of such files."""


def settings_page() -> str:
    """The page, a file after another."""
    blocks = [INTRODUCTION]
    for file, model_type in FILES.items():
        blocks += [f"## {code(file)}", *_section(model_type)]
        for name, nested in nested_models(model_type):
            blocks += [f"### {code(name)} of {code(file)}{_variant(nested)}", *_section(nested)]
    return page("Settings", *blocks)


def _section(model_type: type[BaseModel]) -> Iterator[str]:
    """What the mapping is, its keys, and what is checked of them together."""
    yield str(getdoc(model_type))
    rows = (
        [code(field.alias or name), *_type_and_allowed(field), _default(field), str(field.description)]
        for name, field in model_type.model_fields.items()
    )
    yield table(["key", "type", "allowed", "default", "meaning"], rows)
    checks = getattr(model_type, "cross_checks", None)
    if checks and checks is not Strict.cross_checks:
        yield f"Checked together: {' '.join(str(getdoc(checks)).split())}"


def nested_models(model_type: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Each mapping within, with the key path where it is."""
    for name, field in model_type.model_fields.items():
        for inside, nested in _models_of(field.annotation):
            where = ".".join(part for part in (path, field.alias or name) if part) + inside
            yield where, nested
            yield from nested_models(nested, where)


def _models_of(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _models_of(arguments[0])
    elif origin is dict:
        yield from ((f".<name>{inside}", nested) for inside, nested in _models_of(arguments[1]))
    elif origin is list:
        yield from ((f"[]{inside}", nested) for inside, nested in _models_of(arguments[0]))
    elif origin in (Union, UnionType):
        for kind in arguments:
            yield from _models_of(kind)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation


def _variant(model_type: type[BaseModel]) -> str:
    """What a mapping must say to be this one of several, such as `backend: local`."""
    for name, field in model_type.model_fields.items():
        if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1:
            return f" with {code(f'{name}: {get_args(field.annotation)[0]}')}"
    return ""


def _type_and_allowed(field: FieldInfo) -> tuple[str, str]:
    text, allowed = _described(field.annotation, list(field.metadata))
    return text, "; ".join(dict.fromkeys(allowed))


def _described(annotation: Any, metadata: list[Any]) -> tuple[str, list[str]]:
    """A type in words, and what is allowed of it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    allowed = [limit for item in metadata for limit in _limits(item)]
    if origin is Annotated:
        text, inner = _described(arguments[0], list(arguments[1:]))
        return text, [*inner, *allowed]
    if origin is Literal:
        return "text", [", ".join(code(str(value)) for value in arguments), *allowed]
    if origin is list:
        text, inner = _described(arguments[0], [])
        return f"list of {text}", [*(f"each: {limit}" for limit in inner), *allowed]
    if origin is dict:
        key, of_keys = _described(arguments[0], [])
        text, inner = _described(arguments[1], [])
        return f"mapping of {key} to {text}", [
            *(f"keys: {k}" for k in of_keys),
            *(f"values: {v}" for v in inner),
            *allowed,
        ]
    if origin in (Union, UnionType):
        branches = [_described(kind, []) for kind in arguments if kind is not NoneType]
        texts = dict.fromkeys(text for text, _ in branches)
        return " or ".join(texts), [*(limit for _, inner in branches for limit in inner), *allowed]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping", allowed
    return TYPES[annotation], allowed


def _limits(item: Any) -> Iterator[str]:
    """What a constraint allows; pydantic's are annotated-types with one attribute each."""
    if isinstance(getattr(item, "meaning", None), str):
        yield item.meaning
    for attribute, words in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
        if getattr(item, attribute, None) is not None:
            yield f"{words} {getattr(item, attribute):g}"
    if getattr(item, "min_length", None):
        yield f"at least {item.min_length} of them"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel):
        return "all defaults"
    return "none" if value is None else code(json.dumps(value))
