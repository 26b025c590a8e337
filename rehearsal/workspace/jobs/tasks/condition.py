"""If/else: https://learn.microsoft.com/azure/databricks/jobs/if-else."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from databricks.sdk.service.jobs import (
    ConditionTaskOp,
    ResolvedConditionTaskValues,
    ResolvedValues,
    RunTask,
)

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.jobs import references
from rehearsal.workspace.jobs.attempt import Attempt, Outcome, Scope, TaskType, canceled, failed, nothing_more
from rehearsal.workspace.jobs.references import Context
from rehearsal.workspace.store import Body

FIELD = "condition_task"
_TEXTS: dict[str, Callable[[str, str], bool]] = {"EQUAL_TO": operator.eq, "NOT_EQUAL": operator.ne}
_NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL": operator.le,
}


class ConditionAttempt(Attempt):
    """Compares two operands."""

    def perform(self) -> Outcome:
        """Compare; the outcome is what the dependent tasks' edges ask for."""
        if self.stopped.is_set():
            return canceled()
        condition = self.settings[FIELD]
        with self.platform.store.transaction() as tx:
            context = self.context(tx)
            try:
                left, right = _operand(condition["left"], context), _operand(condition["right"], context)
                outcome = str(compare(condition["op"], left, right)).lower()
            except ValueError as error:
                return failed("INVALID_RUN_CONFIGURATION", str(error))
            self.begin(outcome=outcome, resolved={"left": left, "right": right})
        return Outcome("SUCCESS", "SUCCESS", "")


def compare(op: str, left: str, right: str) -> bool:
    """Equality is that of texts (`12.0` is not `12`), order that of numbers. Raises ValueError for other texts."""
    if op in _TEXTS:
        return _TEXTS[op](left, right)
    return _NUMBERS[op](_number(left), _number(right))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"The condition cannot be evaluated: '{text}' is not a number.") from None


def _operand(text: str, context: Context) -> str:
    value: Any = references.resolve_value(text, context)
    if not isinstance(value, str | int | float | bool):
        raise ValueError(f"The condition cannot be evaluated: '{text}' is neither a number, a string nor a boolean.")
    return references.text_of(value)


def _check(key: str, task: Body, _: Scope) -> None:
    condition = task[FIELD]
    for field in ("left", "right", "op"):
        if field not in condition:
            raise invalid(f"Task '{key}': {FIELD}.{field} is required.")
    if condition["op"] not in {each.value for each in ConditionTaskOp}:
        raise invalid(f"Task '{key}': {FIELD}.op '{condition['op']}' is not one of {sorted({*_TEXTS, *_NUMBERS})}.")


def _show(answer: RunTask, record: Body) -> None:
    if "outcome" in record:
        assert answer.condition_task is not None
        answer.condition_task.outcome = record["outcome"]
        answer.resolved_values = ResolvedValues(condition_task=ResolvedConditionTaskValues(**record["resolved"]))


TYPE = TaskType(FIELD, _check, ConditionAttempt, _show, nothing_more, resumes=True)
