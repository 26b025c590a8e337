"""Drift metrics: each window against the one before it, and against the baseline, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.workspace.monitoring import distributions
from rehearsal.workspace.monitoring.groups import KEYS
from rehearsal.workspace.monitoring.monitors import WHOLE_TABLE
from rehearsal.workspace.monitoring.profile import Group, Metrics

CONSECUTIVE, BASELINE = "CONSECUTIVE", "BASELINE"
_DELTAS = {
    "count_delta": "count",
    "avg_delta": "avg",
    "percent_null_delta": "percent_null",
    "percent_zeros_delta": "percent_zeros",
    "percent_distinct_delta": "percent_distinct",
}
Measured = dict[Group, dict[str, Metrics]]
Pair = tuple[Group, Group, str]
_START, _END = KEYS.index("start"), KEYS.index("end")


def rows(measured: Measured, baseline: Measured) -> Iterator[tuple[Pair, str, Metrics]]:
    """(this group, the other, the type of drift), column and metrics, for each column that both have."""
    ends = {(group[:_START], group[_END], group[_END + 1 :]): group for group in measured}
    whole = {group[_END + 1 :]: group for group in baseline}
    for group, columns in measured.items():
        before = ends.get((group[:_START], group[_START], group[_END + 1 :]))
        pairs: list[tuple[Pair, dict[str, Metrics]]] = []
        if before is not None and before != group:
            pairs.append(((group, before, CONSECUTIVE), measured[before]))
        if (base := whole.get(group[_END + 1 :])) is not None:
            pairs.append(((group, base, BASELINE), baseline[base]))
        for pair, others in pairs:
            for column in columns.keys() & others.keys():
                yield pair, column, compared(column, columns[column], others[column])


def compared(column: str, current: Metrics, before: Metrics) -> Metrics:
    """Drift of one column between two groups."""
    result: Metrics = {name: _delta(current.get(of), before.get(of)) for name, of in _DELTAS.items()}
    result["data_type"] = current.get("data_type")
    if column == WHOLE_TABLE:
        new, old = set(current["non_null_columns"]), set(before["non_null_columns"])
        result["non_null_columns_delta"] = {"added": len(new - old), "missing": len(old - new)}
    elif current.get("quantiles") and before.get("quantiles"):
        result |= distributions.numeric(current, before)
    elif current.get("frequent_items") and before.get("frequent_items"):
        result |= distributions.categorical(current, before)
    return result


def _delta(new: Any, old: Any) -> Any:
    return None if new is None or old is None else new - old
