"""The rows that a refresh measures, read as the monitor's owner.

A plain Delta table is read where it lies, once Unity Catalog has allowed its owner to. What only Spark can read (a
view, deletion vectors, renamed columns) and slices that only Spark can evaluate come through the owner's session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from databricks.sdk.service.catalog import MonitorInfo, TableType
from deltalake import DeltaTable
from deltalake.exceptions import DeltaProtocolError
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.monitoring import slices
from rehearsal.workspace.monitoring.groups import Dimension
from rehearsal.workspace.unity_catalog import access, columns, tables
from rehearsal.workspace.unity_catalog.privileges import TABLE

_SLICE = "__monitor_slice_{}"
Opened = Callable[[], SparkSession]


@dataclass(frozen=True)
class Source:
    """A table that may be read, and how: `location` is None where only Spark can."""

    name: str
    location: Path | None
    version: int | None
    types: dict[str, str]


@dataclass(frozen=True)
class Rows:
    """Rows with the values of the slicing expressions."""

    table: pa.Table
    slices: list[tuple[str, Dimension]]


def source(platform: Platform, owner: Principal, name: str, spark: Opened) -> Source:
    """The table, as its reader may see it. Raises DatabricksError 403, 404."""
    with platform.store.transaction() as tx:
        access.require(tx, owner, TABLE, name, "SELECT")
        found = tables.find(tx, name)
    if found.table_type != TableType.VIEW:
        location = tables.local_location(found)
        types = {str(column.name): str(column.type_text) for column in columns.columns(location)}
        table = DeltaTable(location)
        try:
            table.to_pyarrow_dataset()
        except DeltaProtocolError:
            return Source(name, None, table.version(), types)
        return Source(name, location, table.version(), types)
    fields = spark().table(name).schema.fields
    return Source(name, None, None, {field.name: field.dataType.simpleString() for field in fields})


def read(source: Source, monitor: MonitorInfo, spark: Opened, times: tuple[int, int] | None = None) -> Rows:
    """The rows. Raises PySparkException, also for a slicing expression that is wrong.

    Args:
        times: microseconds since 1970: rows from the first, up to the second, are wanted; others may be left out.
    """
    wanted = monitor.slicing_exprs or []
    if source.location is not None:
        table = _read_delta(source.location, int(source.version or 0), timestamp_column(monitor), times)
        try:
            found = [(text, slices.dimension(slices.evaluated(text, table))) for text in wanted]
        except slices.NotSimple:
            pass
        else:
            return Rows(table, found)
    table = _read_spark(source, wanted, spark)
    found = [(text, slices.dimension(table[_SLICE.format(index)])) for index, text in enumerate(wanted)]
    return Rows(table.select(list(source.types)), found)


def timestamp_column(monitor: MonitorInfo) -> str | None:
    """The column that says when a row is of; a snapshot has none."""
    timed = monitor.inference_log or monitor.time_series
    return timed.timestamp_col if timed else None


def moments(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds since 1970 of each row, and which rows have a time. Raises ArrowException where it is no time."""
    known = column.is_valid().to_numpy()
    micros = pc.cast(column, pa.timestamp("us", "UTC" if getattr(column.type, "tz", None) else None), safe=False)
    return micros.cast(pa.int64()).fill_null(0).to_numpy(), known


def _read_delta(location: Path, version: int, time: str | None, times: tuple[int, int] | None) -> pa.Table:
    dataset = DeltaTable(location, version=version).to_pyarrow_dataset()
    if time is None or times is None or not pa.types.is_timestamp(dataset.schema.field(time).type):
        return dataset.to_table()
    kind = dataset.schema.field(time).type
    first, last = (pa.scalar(moment, pa.timestamp("us", kind.tz)) for moment in times)
    return dataset.to_table(filter=(pc.field(time) >= first) & (pc.field(time) < last))


def _read_spark(source: Source, wanted: Sequence[str], spark: Opened) -> pa.Table:
    frame = spark().table(source.name)
    extra = [F.expr(text).cast("string").alias(_SLICE.format(index)) for index, text in enumerate(wanted)]
    return frame.select("*", *extra).toArrow()
