"""From rows with keys to rows with features, in Spark: look-ups, then functions, then defaults, in the spec's order.

A column that the rows already have is not looked up or computed: what the caller gives goes first.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from pyspark import cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from databricks.feature_engineering import on_demand
from databricks.feature_engineering.feature_spec import COMPUTED, LOOKED_UP, Column, FeatureSpec, default
from databricks.feature_engineering.feature_table import FeatureTable
from databricks.feature_engineering.on_demand import Definition
from databricks.feature_engineering.point_in_time import join_as_of, join_latest

# Spark's workers do not have this package: what they run travels whole.
cloudpickle.register_pickle_by_value(on_demand)


def augmented(
    rows: DataFrame, spec: FeatureSpec, tables: Mapping[str, FeatureTable], functions: Mapping[str, Definition]
) -> DataFrame:
    """The rows' columns, then all features that they lack."""
    result = rows
    windows = {table.name: table.lookback_seconds for table in spec.tables}
    lacking = [column for column in spec.of(LOOKED_UP) if column.name not in rows.columns]
    for lookup in dict.fromkeys(column.lookup for column in lacking):
        together = [column for column in lacking if column.lookup == lookup]
        result = _looked_up(result, tables[lookup[0]], together, windows.get(lookup[0]))
    for column in spec.of(COMPUTED):
        if column.name not in rows.columns:
            result = _computed(result, column, functions[column.udf_name])
    return _with_defaults(result, spec)


def _looked_up(rows: DataFrame, table: FeatureTable, columns: list[Column], window: float | None) -> DataFrame:
    features = rows.sparkSession.table(table.name)
    keys = dict(zip(columns[0].lookup_key, table.entity_keys, strict=True))
    time = columns[0].timestamp_lookup_key
    result = rows
    # A feature may be taken twice under two names: each join gives a feature one.
    waiting = list(columns)
    while waiting:
        wanted = {column.feature_name: column.name for column in reversed(waiting)}
        waiting = [column for column in waiting if wanted[column.feature_name] != column.name]
        if time and table.timestamp_key:
            lookback = None if window is None else datetime.timedelta(seconds=window)
            result = join_as_of(result, features, keys, wanted, time, table.timestamp_key, lookback=lookback)
        else:
            result = join_latest(result, features, keys, wanted)
    return result


def _computed(rows: DataFrame, column: Column, function: Definition) -> DataFrame:
    unbound = [name for name in function.parameters if name not in column.input_bindings]
    if unbound:
        raise ValueError(f"Function '{function.name}' has parameters without input_bindings: {unbound}.")
    arguments = [column.input_bindings[name] for name in function.parameters]
    missing = [name for name in arguments if name not in rows.columns]
    if missing:
        raise ValueError(f"FeatureFunction argument column(s) {missing} for UDF '{function.name}' do not exist.")
    return rows.withColumn(column.name, _udf(function)(*[F.col(f"`{name}`") for name in arguments]))


def _udf(function: Definition) -> Callable[..., Any]:
    made: list[Callable[..., Any]] = []

    def call(*values: Any) -> Any:
        if not made:
            made.append(function.compiled())
        return made[0](*values)

    return F.udf(call, function.returns)


def _with_defaults(rows: DataFrame, spec: FeatureSpec) -> DataFrame:
    types = dict(rows.dtypes)
    for column in spec.of(LOOKED_UP):
        if column.default_value is not None:
            typed = Column(column.name, LOOKED_UP, types[column.name], default_value=column.default_value)
            value = F.lit(default(typed)).cast(types[column.name])
            rows = rows.withColumn(column.name, F.coalesce(F.col(f"`{column.name}`"), value))
    return rows
