"""Profile metrics: what each group of rows has in each column, computed by Spark in two passes over the table."""

from __future__ import annotations

import json
from typing import Any

import jinja2
from databricks.sdk.service.catalog import MonitorInfo, MonitorMetric
from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from rehearsal.workspace.monitoring import groups, quality
from rehearsal.workspace.monitoring.monitors import WHOLE_TABLE

QUANTILES = 1000
FREQUENT_ITEMS = 100
_ACCURACY = 10_000  # of quantiles: their error is below 1/10000 of the rows
_FRACTIONS = [index / (QUANTILES - 1) for index in range(QUANTILES)]
Metrics = dict[str, Any]
Group = tuple[Any, ...]


def is_numeric(kind: T.DataType) -> bool:
    """Is there an average of it?"""
    return isinstance(kind, T.NumericType)


def is_categorical(kind: T.DataType) -> bool:
    """Does it have items that can be counted?"""
    return isinstance(kind, T.StringType | T.BooleanType)


def measured(frame: DataFrame, monitor: MonitorInfo) -> dict[Group, dict[str, Metrics]]:
    """Metrics by group and column (`:table` is the whole), from an exploded frame."""
    fields = [field for field in frame.schema.fields if not field.name.startswith(groups.PREFIX)]
    keys = [F.col(groups.key(name)) for name in groups.KEYS]
    packs = [_pack(field).alias(f"c{index}") for index, field in enumerate(fields)]
    own = [
        (column, metric.name, custom(metric, column, monitor).alias(f"m{index}_{position}"))
        for index, metric in enumerate(monitor.custom_metrics or [])
        for position, column in enumerate(metric.input_columns)
    ]
    rows = frame.groupBy(*keys).agg(F.count(F.lit(1)).alias("rows"), *packs, *(column for _, _, column in own))
    result: dict[Group, dict[str, Metrics]] = {}
    for row in rows.collect():
        columns = {field.name: _metrics(field, row[f"c{i}"]) for i, field in enumerate(fields)}
        filled = sorted(name for name, metrics in columns.items() if metrics["count"])
        columns[WHOLE_TABLE] = {"count": row["rows"], "non_null_columns": filled}
        for (column, name, _), value in zip(own, row[len(keys) + 1 + len(fields) :], strict=True):
            columns.setdefault(column, {})[name] = value
        result[tuple(row[groups.key(name)] for name in groups.KEYS)] = columns
    for group, column, items in _frequent(frame, [field.name for field in fields if is_categorical(field.dataType)]):
        result[group][column]["frequent_items"] = items
    log = monitor.inference_log
    if log and log.label_col and {log.label_col, log.prediction_col} <= {field.name for field in fields}:
        for group, metrics in quality.measured(frame, log).items():
            result[group][WHOLE_TABLE] |= metrics
    return result


def custom(metric: MonitorMetric, column: str, monitor: MonitorInfo) -> Column:
    """An aggregate that people define, with the names that its text may speak of put in.

    https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/custom-metrics
    """
    log = monitor.inference_log
    names = {
        "input_column": f"`{column}`",
        "prediction_col": f"`{log.prediction_col}`" if log else None,
        "label_col": f"`{log.label_col}`" if log and log.label_col else None,
    }
    text = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(metric.definition)
    kind = T.StructField.fromJson(_field(metric)).dataType
    return F.expr(text.render({name: value for name, value in names.items() if value})).cast(kind)


def _field(metric: MonitorMetric) -> dict[str, Any]:
    return {"name": metric.name, "nullable": True, "metadata": {}, **json.loads(metric.output_data_type)}


def _pack(field: T.StructField) -> Column:
    """All that is aggregated of one column."""
    column = F.col(f"`{field.name}`")
    parts = {"count": F.count(column), "num_nulls": F.count_if(column.isNull())}
    if not isinstance(field.dataType, T.ArrayType | T.MapType | T.StructType):
        parts["distinct_count"] = F.approx_count_distinct(column)
    if is_numeric(field.dataType):
        number = column.cast("double")
        real = F.when(~F.isnan(number), number)
        parts |= {
            "avg": F.avg(real),
            "min": F.min(real),
            "max": F.max(real),
            "stddev": F.stddev_samp(real),
            "num_zeros": F.count_if(number == 0),
            "num_nan": F.count_if(F.isnan(number)),
            "quantiles": F.percentile_approx(real, _FRACTIONS, _ACCURACY),
            "median": F.percentile(real, 0.5),
        }
    elif isinstance(field.dataType, T.StringType):
        length = F.length(column)
        parts |= {"min_length": F.min(length), "max_length": F.max(length), "avg_length": F.avg(length)}
    return F.struct(*(value.alias(name) for name, value in parts.items()))


def _metrics(field: T.StructField, pack: Row) -> Metrics:
    metrics: Metrics = {**pack.asDict(recursive=True), "data_type": field.dataType.simpleString()}
    total = metrics["count"] + metrics["num_nulls"]
    shares = {"percent_null": "num_nulls", "percent_zeros": "num_zeros", "percent_nan": "num_nan"}
    metrics |= {name: _percent(metrics.get(counted), total) for name, counted in shares.items()}
    metrics["percent_distinct"] = _percent(metrics.get("distinct_count"), metrics["count"])
    return metrics


def _percent(part: int | None, whole: int) -> float | None:
    return None if part is None or not whole else 100.0 * part / whole


def _frequent(frame: DataFrame, names: list[str]) -> list[tuple[Group, str, list[Metrics]]]:
    """The most frequent items of each group and column, the most frequent first."""
    if not names:
        return []
    keys = [groups.key(name) for name in groups.KEYS]
    pairs = [F.struct(F.lit(name).alias("name"), F.col(f"`{name}`").cast("string").alias("item")) for name in names]
    counts = (
        frame.select(*keys, F.explode(F.array(*pairs)).alias("pair"))
        .select(*keys, "pair.name", "pair.item")
        .where(F.col("item").isNotNull())
        .groupBy(*keys, "name", "item")
        .agg(F.count(F.lit(1)).alias("items"))
    )
    ranked = Window.partitionBy(*keys, "name").orderBy(F.desc("items"), "item")
    top = counts.withColumn("rank", F.row_number().over(ranked)).where(F.col("rank") <= FREQUENT_ITEMS)
    found: dict[tuple[Group, str], list[Metrics]] = {}
    for row in top.orderBy("rank").collect():
        where = (tuple(row[name] for name in keys), row["name"])
        found.setdefault(where, []).append({"item": row["item"], "count": row["items"]})
    return [(group, name, items) for (group, name), items in found.items()]
