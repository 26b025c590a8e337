"""Drift metrics: each window against the one before it, and against the baseline, column by column.

https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output#drift-metrics-table-schema
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rehearsal.workspace.monitoring import distributions
from rehearsal.workspace.monitoring.groups import Group
from rehearsal.workspace.monitoring.monitors import WHOLE_TABLE
from rehearsal.workspace.monitoring.profile import Measured, Metrics

CONSECUTIVE, BASELINE = "CONSECUTIVE", "BASELINE"
_DELTAS = {
    "count_delta": "count",
    "avg_delta": "avg",
    "percent_null_delta": "percent_null",
    "percent_zeros_delta": "percent_zeros",
    "percent_distinct_delta": "percent_distinct",
}


class Pair(NamedTuple):
    """Two groups that are compared."""

    group: Group
    other: Group
    kind: str


def pairs(measured: Iterable[Group], baseline: Iterable[Group]) -> Iterator[Pair]:
    """What is compared: a window with the one that ended when it began, or, of a snapshot, with the one before."""
    known = list(measured)
    ends: dict[Any, Group] = {
        (_parted(group), group.granularity, group.end): group for group in known if group.granularity
    }
    whole = {_parted(group): group for group in baseline}
    for group, before in _snapshots(group for group in known if not group.granularity):
        yield Pair(group, before, CONSECUTIVE)
    for group in known:
        before_it = ends.get((_parted(group), group.granularity, group.start))
        if before_it is not None:
            yield Pair(group, before_it, CONSECUTIVE)
        if (base := whole.get(_parted(group))) is not None:
            yield Pair(group, base, BASELINE)


def _snapshots(groups: Iterable[Group]) -> Iterator[tuple[Group, Group]]:
    last: dict[Any, Group] = {}
    for group in sorted(groups, key=lambda group: str(group.start)):
        if (before := last.get(_parted(group))) is not None:
            yield group, before
        last[_parted(group)] = group


def _parted(group: Group) -> tuple[str | None, ...]:
    return group.slice_key, group.slice_value, group.model_id


def rows(compared: Iterable[Pair], measured: Measured, baseline: Measured) -> Iterator[tuple[Pair, str, Metrics]]:
    """Drift of each column that both groups of a pair have."""
    for pair in compared:
        columns = measured[pair.group]
        others = (baseline if pair.kind == BASELINE else measured)[pair.other]
        for column in columns.keys() & others.keys():
            yield pair, column, of(column, columns[column], others[column])


def of(column: str, current: Metrics, before: Metrics) -> Metrics:
    """Drift of one column between two groups."""
    result: Metrics = {name: _delta(current.get(of), before.get(of)) for name, of in _DELTAS.items()}
    result["data_type"] = current.get("data_type")
    if column == WHOLE_TABLE:
        new, old = set(current["non_null_columns"]), set(before["non_null_columns"])
        result["non_null_columns_delta"] = {"added": len(new - old), "missing": len(old - new)}
    elif _has(current, before, "quantiles"):
        result |= distributions.numeric(current, before)
    elif _has(current, before, "frequent_items"):
        result |= distributions.categorical(current, before)
    return result


def _has(current: Metrics, before: Metrics, name: str) -> bool:
    return all(metrics.get(name) is not None and len(metrics[name]) > 0 for metrics in (current, before))


def _delta(new: Any, old: Any) -> Any:
    return None if new is None or old is None else new - old
