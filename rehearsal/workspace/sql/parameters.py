"""Parameters of statements: texts with the name of a SQL type, as values for Spark.

https://docs.databricks.com/api/azure/workspace/statementexecution/executestatement (parameters)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_BOOLEANS = {"true": True, "t": True, "yes": True, "y": True, "1": True}
_BOOLEANS |= {"false": False, "f": False, "no": False, "n": False, "0": False}
_CASTS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("INT", "INTEGER", "BIGINT", "LONG", "SMALLINT", "SHORT", "TINYINT", "BYTE"), int),
    **dict.fromkeys(("DOUBLE", "FLOAT", "REAL"), float),
    **dict.fromkeys(("DECIMAL", "NUMERIC", "DEC"), Decimal),
    "STRING": str,
    "BOOLEAN": lambda text: _BOOLEANS[text.strip().lower()],
    "DATE": date.fromisoformat,
    "TIMESTAMP": lambda text: _zoned(datetime.fromisoformat(text)),
    "TIMESTAMP_NTZ": datetime.fromisoformat,
}


class ParameterError(Exception):
    """A parameter whose text is not of its type; the message names it."""


def values(given: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Values by name; without a type a text, without a value null. Raises ParameterError."""
    found: dict[str, Any] = {}
    for item in given:
        name = str(item.get("name") or "")
        if not re.fullmatch(r"\w+", name) or name in found:
            raise ParameterError(
                f"Parameter '{name}': each needs a name of its own, of letters, digits and underscores."
            )
        found[name] = None if item.get("value") is None else _cast(name, str(item["value"]), item.get("type"))
    return found


def _cast(name: str, text: str, kind: str | None) -> Any:
    base = str(kind or "STRING").partition("(")[0].strip().upper()
    if base not in _CASTS:
        raise ParameterError(f"Parameter '{name}': type '{kind}' is not supported.")
    try:
        return _CASTS[base](text)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise ParameterError(
            f"[CAST_INVALID_INPUT] Parameter '{name}': the value '{text}' cannot be cast to \"{kind}\"."
        ) from error


def _zoned(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
