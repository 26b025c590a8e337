"""Feature tables: made in SQL and given a primary key by REST, written by that key."""

from __future__ import annotations

import uuid

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructField, StructType

from databricks.feature_engineering.feature_table import FeatureTable, check_name, get_feature_table
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.catalog import PrimaryKeyConstraint, TableConstraint


def create(
    name: str,
    primary_keys: list[str],
    df: DataFrame | None,
    timeseries_column: str | None,
    partition_columns: list[str],
    schema: StructType | None,
    description: str | None,
) -> FeatureTable:
    """Make the table; with a data frame, it holds its rows. Raises ValueError, or Spark's errors."""
    check_name(name)
    if (df is None) and (schema is None):
        raise ValueError("Either schema or df must be provided.")
    if schema is None:
        assert df is not None
        schema = df.schema
    keys = list(dict.fromkeys([*primary_keys, *([timeseries_column] if timeseries_column else [])]))
    missing = [key for key in (*keys, *partition_columns) if key not in schema.fieldNames()]
    if missing:
        raise ValueError(f"Column(s) {missing} not found in the table's columns {schema.fieldNames()}.")
    columns = ", ".join(_column(field, keys) for field in schema.fields)
    statement = f"CREATE TABLE {name} ({columns}) USING DELTA"
    if partition_columns:
        statement += f" PARTITIONED BY ({', '.join(f'`{column}`' for column in partition_columns)})"
    if description:
        statement += f" COMMENT {_text(description)}"
    statement += " TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
    spark = SparkSession.builder.getOrCreate()
    spark.sql(statement).collect()
    times = [timeseries_column] if timeseries_column else None
    key = PrimaryKeyConstraint(name=f"{name.split('.')[2]}_pk", child_columns=keys, timeseries_columns=times)
    try:
        WorkspaceClient().table_constraints.create(name, TableConstraint(primary_key_constraint=key))
    except DatabricksError:
        spark.sql(f"DROP TABLE {name}").collect()  # without its key it would be no feature table
        raise
    table = get_feature_table(name)
    if df is not None:
        merge(table, df)
    return table


def merge(table: FeatureTable, df: DataFrame) -> None:
    """Upsert rows by primary key. Raises ValueError when the key is not whole."""
    missing = [key for key in table.primary_keys if key not in df.columns]
    if missing:
        raise ValueError(f"The DataFrame must contain all primary key columns of '{table.name}'; missing: {missing}.")
    view = f"features_{uuid.uuid4().hex}"
    on = " AND ".join(f"target.`{key}` = source.`{key}`" for key in table.primary_keys)
    values = ", ".join(f"target.`{column}` = source.`{column}`" for column in df.columns)
    columns = ", ".join(f"`{column}`" for column in df.columns)
    inserted = ", ".join(f"source.`{column}`" for column in df.columns)
    df.createOrReplaceTempView(view)
    try:
        df.sparkSession.sql(
            f"MERGE INTO {table.name} AS target USING {view} AS source ON {on} "
            f"WHEN MATCHED THEN UPDATE SET {values} WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({inserted})"
        ).collect()
    finally:
        df.sparkSession.catalog.dropTempView(view)


def _column(field: StructField, keys: list[str]) -> str:
    return f"`{field.name}` {field.dataType.simpleString()}" + (" NOT NULL" if field.name in keys else "")


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
