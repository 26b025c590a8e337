"""What a statement asks about the time: `current_timestamp()` and its like, where the clock has been moved.

Spark gives all of them in a query the moment at which the query began, and so does the gateway.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.compute.gateway import sql_calls
from rehearsal.compute.gateway.statement import Call, Edit
from rehearsal.compute.gateway.tables import Tables

_MICROSECONDS = 1_000_000


def edit(call: Call, tables: Tables) -> Edit | None:
    """The moment in the place of the call; None where Spark's own time is right, or the call has arguments."""
    if call.close is None or tables.moment is None:
        return None
    name, moment = call.parts[-1].lower(), f"timestamp_micros({tables.moment})"
    if name in sql_calls.DATE:
        moment = f"CAST({moment} AS DATE)"
    elif name in sql_calls.LOCAL:
        moment = f"CAST({moment} AS TIMESTAMP_NTZ)"
    elif name in sql_calls.SECONDS:
        moment = f"{tables.moment // _MICROSECONDS}L"
    return call.start, call.close, moment


def term(name: str, tables: Tables) -> Callable[[Any], None] | None:
    """What makes a plan's expression the moment instead of the function without arguments; None for other functions."""
    known, moment = name.lower(), tables.moment
    if known not in sql_calls.MOMENTS or moment is None:
        return None

    def change(expression: Any) -> None:
        if known in sql_calls.SECONDS:
            expression.literal.long = moment // _MICROSECONDS
        elif known in sql_calls.TIMESTAMP:
            expression.literal.timestamp = moment
        else:
            expression.cast.expr.literal.timestamp = moment
            expression.cast.type_str = "date" if known in sql_calls.DATE else "timestamp_ntz"

    return change
