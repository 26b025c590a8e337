"""What the metric tables say already, what of it stays, and how the new comes to it: one commit a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from databricks.sdk.service.catalog import MonitorInfo
from deltalake import DeltaTable, Schema, write_deltalake

from rehearsal.workspace.monitoring import metric_tables, windows
from rehearsal.workspace.monitoring.drift import Pair
from rehearsal.workspace.monitoring.groups import Group
from rehearsal.workspace.monitoring.profile import Measured, Metrics

INPUT, BASELINE = "INPUT", "BASELINE"
Numbers = Mapping[str, set[int]]
Place = tuple[str | None, datetime | None]
Drifted = tuple[Pair, str, Metrics]


@dataclass(frozen=True)
class Written:
    """Both metric tables as they are."""

    monitor: MonitorInfo
    profiles: pa.Table
    drifts: pa.Table

    @staticmethod
    def read(monitor: MonitorInfo, profiles: Path, drifts: Path) -> Written:
        """As the tables say."""
        return Written(monitor, *(DeltaTable(path).to_pyarrow_table() for path in (profiles, drifts)))

    @staticmethod
    def none(monitor: MonitorInfo) -> Written:
        """Nothing that counts: of another definition, or never measured."""
        schemas = (metric_tables.profile_schema(monitor), metric_tables.drift_schema(monitor))
        return Written(monitor, *(pa.schema(schema).empty_table() for schema in schemas))

    def baseline(self) -> Measured:
        """The baseline's metrics."""
        return self._measured([kind == BASELINE for kind in self.profiles["log_type"].to_pylist()])

    def neighbours(self, numbers: Numbers | None) -> Measured:
        """Metrics of windows beside those that are measured again; of snapshots, of the last."""
        places = self._places(self.profiles)
        inputs = [kind == INPUT for kind in self.profiles["log_type"].to_pylist()]
        if numbers is None:
            last = max((start for _, start in places if start), default=None)
            return self._measured([found and start == last for found, (_, start) in zip(inputs, places, strict=True)])
        beside = {
            (name, windows.bounds(name, number)[0])
            for name, some in numbers.items()
            for number in {number + step for number in some for step in (-1, 1)} - some
        }
        return self._measured([found and place in beside for found, place in zip(inputs, places, strict=True)])

    def _measured(self, wanted: list[bool]) -> Measured:
        result: Measured = {}
        for row in self.profiles.filter(pa.array(wanted, pa.bool_())).to_pylist():
            result.setdefault(self._group(row), {})[row["column_name"]] = row
        return result

    def _group(self, row: Metrics) -> Group:
        log = self.monitor.inference_log
        window = row["window"]
        model = row[log.model_id_col] if log else None
        return Group(row["granularity"], window["start"], window["end"], row["slice_key"], row["slice_value"], model)

    @staticmethod
    def _places(table: pa.Table) -> list[Place]:
        columns = (table["granularity"].to_pylist(), table["window"].to_pylist())
        return [(granularity, window["start"]) for granularity, window in zip(*columns, strict=True)]


@dataclass(frozen=True)
class New:
    """What a refresh has found."""

    profiles: pa.Table
    drifts: pa.Table
    pairs: Sequence[Pair]


def write(old: Written, new: New, numbers: Numbers | None, profiles: Path, drifts: Path) -> None:
    """Put the new in place of what it replaces.

    Args:
        numbers: windows that were measured again; None where all were, or where a snapshot is one more.
    """
    again = {(name, windows.bounds(name, number)[0]) for name, some in (numbers or {}).items() for number in some}
    compared = again | {(pair.group.granularity, pair.group.start) for pair in new.pairs}
    for location, before, now, replaced, schema in (
        (profiles, old.profiles, new.profiles, again, metric_tables.profile_schema(old.monitor)),
        (drifts, old.drifts, new.drifts, compared, metric_tables.drift_schema(old.monitor)),
    ):
        if numbers is not None:
            kept = [place not in replaced for place in old._places(before)]
        elif old.monitor.snapshot is not None:
            kept = _history(before)
        else:
            kept = [False] * before.num_rows
        _commit(location, before.filter(pa.array(kept, pa.bool_())), now, schema, all(kept))


def _history(table: pa.Table) -> list[bool]:
    """Of snapshots all is kept but the baseline, which is measured each time."""
    if "log_type" not in table.column_names:
        return [True] * table.num_rows
    return [kind == INPUT for kind in table["log_type"].to_pylist()]


def _commit(location: Path, kept: pa.Table, new: pa.Table, schema: Schema, added: bool) -> None:
    """One commit: readers see the old metrics or the new ones. The schema follows the monitor's custom metrics."""
    if added and kept.num_rows:
        write_deltalake(location, new, mode="append")
        return
    table = pa.concat_tables([kept.cast(pa.schema(schema)), new]) if kept.num_rows else new
    write_deltalake(location, table, mode="overwrite", schema_mode="overwrite")


def rows_of(monitor: MonitorInfo, group: Group) -> dict[str, Any]:
    """A group as columns of the metric tables."""
    shown: dict[str, Any] = {
        "granularity": group.granularity,
        "slice_key": group.slice_key,
        "slice_value": group.slice_value,
        "window": {"start": group.start, "end": group.end},
    }
    if monitor.inference_log:
        shown[monitor.inference_log.model_id_col] = group.model_id
    return shown


def found(
    monitor: MonitorInfo,
    version: int | None,
    measured: Mapping[str, Measured],
    pairs: Sequence[Pair],
    drifted: Sequence[Drifted],
) -> New:
    """Tables of what was measured: by log type, group and column, and of how it drifted."""
    common = {"monitor_version": monitor.monitor_version}
    profiled = [
        {**metrics, **common, "log_type": kind, "logging_table_commit_version": version, "column_name": column}
        | rows_of(monitor, group)
        for kind, groups in measured.items()
        for group, columns in groups.items()
        for column, metrics in columns.items()
    ]
    compared = [
        {**metrics, **common, "column_name": column, "drift_type": pair.kind, **rows_of(monitor, pair.group)}
        | {"window_cmp": {"start": pair.other.start, "end": pair.other.end}}
        for pair, column, metrics in drifted
    ]
    return New(
        _table(metric_tables.profile_schema(monitor), profiled),
        _table(metric_tables.drift_schema(monitor), compared),
        pairs,
    )


def _table(schema: Schema, rows: Sequence[Metrics]) -> pa.Table:
    """Column by column: quantiles are arrays of numpy's, which Arrow takes as they are."""
    wanted = pa.schema(schema)
    return pa.table([pa.array([row.get(field.name) for row in rows], field.type) for field in wanted], schema=wanted)
