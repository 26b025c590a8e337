"""From a query's result to an alert's state: pure functions of the alert and the statement's answer."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from databricks.sdk.service.sql import (
    Aggregation,
    AlertEvaluationState,
    AlertV2,
    AlertV2OperandColumn,
    AlertV2OperandValue,
    ComparisonOperator,
)

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body

Value = float | str | bool | None
_NUMBERS = ("INT", "LONG", "BYTE", "SHORT", "FLOAT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class Outcome:
    """The state, the value that decided it, and what went wrong."""

    state: AlertEvaluationState
    value: Value
    message: str = ""


def outcome(alert: AlertV2, answer: Body) -> Outcome:
    """Compare. Raises DatabricksError 400 when the result does not have what the condition speaks of."""
    evaluation = alert.evaluation
    rows = (answer.get("result") or {}).get("data_array") or []
    if not rows:
        return Outcome(evaluation.empty_result_state or AlertEvaluationState.UNKNOWN, None, "The query gave no rows.")
    value = _operand(evaluation.source, answer)
    operator = evaluation.comparison_operator
    if operator in (ComparisonOperator.IS_NULL, ComparisonOperator.IS_NOT_NULL):
        holds = (value is None) == (operator == ComparisonOperator.IS_NULL)
    else:
        threshold = evaluation.threshold
        assert threshold is not None  # checked when the alert was made
        column = threshold.column
        other = _operand(column, answer) if column else _constant(threshold.value)
        # As in SQL: a comparison with null is not true.
        holds = value is not None and other is not None and _compare(operator, value, other)
    return Outcome(AlertEvaluationState.TRIGGERED if holds else AlertEvaluationState.OK, value)


def _operand(column: AlertV2OperandColumn, answer: Body) -> Value:
    columns = answer["manifest"]["schema"]["columns"]
    found = next((item for item in columns if item["name"] == column.name), None)
    if found is None:
        names = ", ".join(item["name"] for item in columns)
        raise invalid(f"The query's result has no column '{column.name}'; it has: {names}.")
    values = [_typed(row[found["position"]], found["type_name"]) for row in answer["result"]["data_array"]]
    return values[0] if column.aggregation is None else _aggregated(column.aggregation, values)


def _constant(value: AlertV2OperandValue | None) -> Value:
    given = value.as_dict() if value else {}
    return next(iter(given.values()), None)


def _typed(text: str | None, type_name: str) -> Value:
    if text is None:
        return None
    if type_name in _NUMBERS:
        return float(text)
    return text == "true" if type_name == "BOOLEAN" else text


_AGGREGATIONS: dict[Aggregation, Callable[[list[Any]], float]] = {
    Aggregation.SUM: sum,
    Aggregation.AVG: statistics.fmean,
    Aggregation.MIN: min,
    Aggregation.MAX: max,
    Aggregation.MEDIAN: statistics.median,
    Aggregation.STDDEV: lambda values: statistics.stdev(values) if len(values) > 1 else 0.0,
}


def _aggregated(aggregation: Aggregation, values: list[Value]) -> Value:
    """Over all rows, nulls left out, as SQL's functions do."""
    known = [value for value in values if value is not None]
    if aggregation == Aggregation.COUNT:
        return float(len(known))
    if aggregation == Aggregation.COUNT_DISTINCT:
        return float(len(set(known)))
    if not known:
        return None
    if aggregation not in (Aggregation.MIN, Aggregation.MAX) and not all(isinstance(value, float) for value in known):
        raise invalid(f"{aggregation.value} of a column that is not numeric.")
    return _AGGREGATIONS[aggregation](known)


_COMPARISONS: dict[ComparisonOperator, Callable[[Any, Any], bool]] = {
    ComparisonOperator.EQUAL: lambda one, other: one == other,
    ComparisonOperator.NOT_EQUAL: lambda one, other: one != other,
    ComparisonOperator.GREATER_THAN: lambda one, other: one > other,
    ComparisonOperator.GREATER_THAN_OR_EQUAL: lambda one, other: one >= other,
    ComparisonOperator.LESS_THAN: lambda one, other: one < other,
    ComparisonOperator.LESS_THAN_OR_EQUAL: lambda one, other: one <= other,
}


def _compare(operator: ComparisonOperator, one: Value, other: Value) -> bool:
    if isinstance(one, str) != isinstance(other, str):
        raise invalid(f"Cannot compare {one!r} with {other!r}.")
    return bool(_COMPARISONS[operator](one, other))
