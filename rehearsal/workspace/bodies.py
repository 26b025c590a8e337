"""Request bodies into databricks-sdk's dataclasses, refusing what the SDK's own `from_dict` would stumble over or drop.

`from_dict` takes any JSON: a list in place of a text breaks something later, an enumeration's unknown value is lost.
"""

from __future__ import annotations

import dataclasses
import enum
import re
import types
import typing
from functools import cache
from typing import Any, TypeVar

from rehearsal.workspace.errors import DatabricksError, invalid

T = TypeVar("T")
_JSON_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
}


def parsed(kind: type[T], body: object) -> T:
    """The body as a dataclass of the SDK. Raises DatabricksError 400: the field, what was found, what is expected."""
    return typing.cast(T, kind.from_dict(checked(kind, body)))  # type: ignore[attr-defined]


def checked(kind: type, body: object) -> dict[str, Any]:
    """The body less its nulls, with numbers and booleans that came as text, once every known field is of its type.

    Fields that the dataclass does not know stay as they are: who takes them looks at them. Raises DatabricksError 400.
    """
    return typing.cast(dict[str, Any], _value(kind, body, ""))


def _value(hint: Any, found: object, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return found
    if origin in (typing.Union, types.UnionType):
        return _value(next(argument for argument in arguments if argument is not type(None)), found, where)
    if origin is list:
        return [_value(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(_of(list, found, where))]
    if origin is dict:
        return {key: _value(arguments[1], item, _below(where, key)) for key, item in _of(dict, found, where).items()}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _member(hint, found, where)
    if dataclasses.is_dataclass(hint):
        return _object(hint, found, where)
    if hint in (bool, int, float):
        return _scalar(hint, found, where)
    # Timestamps, durations and field masks are text on the wire; a number or boolean in place of text is its text.
    return str(found) if isinstance(found, int | float) else _of(str, found, where)


def _object(kind: Any, found: object, where: str) -> dict[str, Any]:
    hints = _hints(kind)
    given = {key: value for key, value in _of(dict, found, where).items() if value is not None}
    return {
        key: _value(hints[field], value, _below(where, key)) if (field := _field(key)) in hints else value
        for key, value in given.items()
    }


def _field(key: str) -> str:
    """The dataclass's field of a key: SCIM writes `userName` for `user_name`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


def _scalar(kind: type, found: object, where: str) -> Any:
    """Protobuf's JSON may write numbers and booleans as text."""
    if isinstance(found, str):
        try:
            return {"true": True, "false": False}[found] if kind is bool else kind(found)
        except (KeyError, ValueError):
            raise _refusal(kind, found, where) from None
    if kind is bool and isinstance(found, bool):
        return found
    if kind is not bool and isinstance(found, int | float) and not isinstance(found, bool):
        if kind is int and found != found // 1:
            raise _refusal(kind, found, where)
        return kind(found)
    raise _refusal(kind, found, where)


def _member(kind: type[enum.Enum], found: object, where: str) -> str:
    values = [member.value for member in kind]
    if found not in values:
        raise invalid(f"Could not parse request object: {where}: expected one of {', '.join(values)}; found {found!r}.")
    return str(found)


def _of(kind: type, found: object, where: str) -> Any:
    if not isinstance(found, kind):
        raise _refusal(kind, found, where)
    return found


def _refusal(kind: type, found: object, where: str) -> DatabricksError:
    shown = repr(found) if isinstance(found, str | int | float) else _JSON_NAMES.get(type(found), "null")
    message = (
        f"Could not parse request object: {where or 'the body'}: expected {_JSON_NAMES[kind]}; found {shown[:200]}."
    )
    return invalid(message, "MALFORMED_REQUEST")


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
