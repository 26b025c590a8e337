"""A refresh: measure what has changed of the table as the monitor's owner, and put it into the metric tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from databricks.sdk.service.catalog import MonitorInfo

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.monitoring import (
    custom_definitions,
    custom_metrics,
    drift,
    groups,
    profile,
    quality,
    sources,
    texts,
    touched,
    windows,
    written,
)
from rehearsal.workspace.monitoring.groups import Dimension, Windows
from rehearsal.workspace.monitoring.monitors import WHOLE_TABLE
from rehearsal.workspace.monitoring.profile import Measured
from rehearsal.workspace.monitoring.sources import Opened, Rows, Source
from rehearsal.workspace.monitoring.written import BASELINE, INPUT, Written
from rehearsal.workspace.store import Body

Numbers = dict[str, set[int]]


@dataclass(frozen=True)
class Job:
    """What a refresh needs to know."""

    monitor: MonitorInfo
    owner: Principal
    profiles: Path
    drifts: Path
    now: datetime
    before: Body | None
    """What the refresh before has said that it measured."""


def refresh(platform: Platform, job: Job, spark: Opened) -> Body:
    """Bring both metric tables up to date; what was measured, for the next refresh to know.

    Raises DatabricksError and PySparkException, also where the owner may not read the table.
    """
    monitor = job.monitor
    source = sources.source(platform, job.owner, monitor.table_name, spark)
    base = None
    if monitor.baseline_table_name:
        base = sources.source(platform, job.owner, monitor.baseline_table_name, spark)
    state = {
        "monitor_version": monitor.monitor_version,
        "source": [str(source.location), source.version],
        "written": [str(job.profiles), str(job.drifts)],
        "baseline": [str(base.location), base.version] if base else None,
    }
    numbers = _touched(monitor, source, job.before, state)
    if numbers is not None and not any(numbers.values()):
        return state  # nothing has changed
    old = Written.none(monitor)
    if _continued(job.before, state) and (numbers is not None or monitor.snapshot is not None):
        old = Written.read(monitor, job.profiles, job.drifts)
    measured = _measured(job, source, spark, numbers)
    fresh = {INPUT: measured}
    baseline: Measured = {}
    if base is not None:
        baseline = _measured_baseline(job, base, spark) if numbers is None else old.baseline()
        fresh |= {BASELINE: baseline} if numbers is None else {}
    known = {**old.neighbours(numbers), **measured}
    pairs = [pair for pair in drift.pairs(known, baseline) if pair.group in measured or pair.other in measured]
    own = custom_metrics.drifts(spark(), monitor, pairs, known, baseline) if _has_drifts(monitor) else {}
    drifted = [
        (pair, column, {**metrics, **own.get((pair, column), {})})
        for pair, column, metrics in drift.rows(pairs, known, baseline)
    ]
    new = written.found(monitor, source.version, fresh, pairs, drifted)
    written.write(old, new, numbers, job.profiles, job.drifts)
    return state


def _has_drifts(monitor: MonitorInfo) -> bool:
    return bool(custom_definitions.of_type(monitor, custom_definitions.DRIFT))


def _continued(before: Body | None, state: Body) -> bool:
    """Is what the metric tables say still true of this definition?"""
    same = ("monitor_version", "written")  # metric tables that were dropped are made anew, elsewhere
    return before is not None and all(before[name] == state[name] for name in same)


def _touched(monitor: MonitorInfo, source: Source, before: Body | None, state: Body) -> Numbers | None:
    """Numbers of the windows to measure again, by granularity; None for all."""
    time = sources.timestamp_column(monitor)
    if time is None or source.location is None or before is None or not _continued(before, state):
        return None
    (location, version), now = before["source"], int(source.version or 0)
    if before["baseline"] != state["baseline"] or location != str(source.location) or version > now:
        return None
    moments = touched.moments(source.location, version, now, time)
    if moments is None:
        return None
    return {name: set(windows.numbers(name, moments).tolist()) for name in _granularities(monitor)}


def _granularities(monitor: MonitorInfo) -> list[str]:
    timed = monitor.inference_log or monitor.time_series
    return list(timed.granularities) if timed else []


def _measured(job: Job, source: Source, spark: Opened, numbers: Numbers | None) -> Measured:
    monitor = job.monitor
    rows = sources.read(source, monitor, spark, _times(numbers) if numbers else None)
    time = sources.timestamp_column(monitor)
    if time is None:
        parted = [groups.whole(len(rows.table), (None, job.now, job.now))]
    else:
        moments, known = sources.moments(rows.table[time])
        parted = [
            groups.timed(name, moments, known, numbers[name] if numbers is not None else None)
            for name in _granularities(monitor)
        ]
    result = _of(monitor, source, rows, parted)
    _add_custom(job, source, spark, result, windowed=True)
    return result


def _measured_baseline(job: Job, source: Source, spark: Opened) -> Measured:
    rows = sources.read(source, job.monitor, spark)
    at = None if sources.timestamp_column(job.monitor) else job.now
    result = _of(job.monitor, source, rows, [groups.whole(len(rows.table), (None, at, at))])
    _add_custom(job, source, spark, result, windowed=False)
    return result


def _add_custom(job: Job, source: Source, spark: Opened, measured: Measured, windowed: bool) -> None:
    if custom_definitions.of_type(job.monitor, custom_definitions.AGGREGATE):
        at = job.now if job.monitor.snapshot else None
        custom_metrics.add_aggregates(spark(), job.monitor, source.name, measured, at, windowed)
    if custom_definitions.of_type(job.monitor, custom_definitions.DERIVED):
        custom_metrics.add_derived(spark(), job.monitor, measured)


def _of(monitor: MonitorInfo, source: Source, rows: Rows, parted: list[Windows]) -> Measured:
    groupings = groups.groupings(parted, rows.slices, _models(monitor, rows))
    result = profile.measured(rows.table, source.types, groupings)
    log = monitor.inference_log
    if log and log.label_col and {log.label_col, log.prediction_col} <= set(source.types):
        for group, metrics in quality.measured(rows.table, groupings, log).items():
            result[group][WHOLE_TABLE] |= metrics
    return result


def _models(monitor: MonitorInfo, rows: Rows) -> list[Dimension | None]:
    log = monitor.inference_log
    if log is None:
        return []
    named = [texts.coded(rows.table[log.model_id_col])] if log.model_id_col in rows.table.column_names else []
    return [None, *named]


def _times(numbers: Numbers) -> tuple[int, int]:
    """From the start of the first to the end of the last window, in microseconds since 1970."""
    bounds = [windows.bounds(name, number) for name, some in numbers.items() for number in some]
    first, last = min(start for start, _ in bounds), max(end for _, end in bounds)
    return windows.micros(first), windows.micros(last)
