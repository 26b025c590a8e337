"""`FeatureEngineeringClient`, as far as pipelines use it: training sets, and tables written by key."""

from __future__ import annotations

import uuid

from pyspark.sql import DataFrame, SparkSession

from databricks.feature_engineering.feature_lookup import FeatureLookup
from databricks.feature_engineering.feature_table import get_feature_table
from databricks.feature_engineering.training_set import TrainingSet


class FeatureEngineeringClient:
    """Works on feature tables of Unity Catalog with the task's Spark session and credentials."""

    def __init__(self, *, model_registry_uri: str | None = None) -> None:
        self._model_registry_uri = model_registry_uri

    def create_training_set(
        self,
        *,
        df: DataFrame,
        feature_lookups: list[FeatureLookup] | None = None,
        label: str | list[str] | None,
        exclude_columns: list[str] | None = None,
    ) -> TrainingSet:
        """Look features up for each row of `df`; tables with a timeseries column as of the row's time."""
        labels = [label] if isinstance(label, str) else list(label or [])
        return TrainingSet(df, feature_lookups or [], labels, list(exclude_columns or []))

    def read_table(self, *, name: str) -> DataFrame:
        """The rows of a feature table."""
        return SparkSession.builder.getOrCreate().table(get_feature_table(name).name)

    def write_table(self, *, name: str, df: DataFrame, mode: str = "merge") -> None:
        """Upsert rows by primary key. Merge is the only mode, as in the real client."""
        if mode != "merge":
            raise ValueError(
                f"Unsupported mode '{mode}'. 'merge' is the only supported mode. If you want to overwrite a table, run "
                f"SQL 'DELETE FROM {name};' to delete all rows, or drop and recreate the table."
            )
        table = get_feature_table(name)
        missing = [key for key in table.primary_keys if key not in df.columns]
        if missing:
            raise ValueError(f"The DataFrame must contain all primary key columns of '{name}'; missing: {missing}.")
        view = f"features_{uuid.uuid4().hex}"
        on = " AND ".join(f"target.`{key}` = source.`{key}`" for key in table.primary_keys)
        values = ", ".join(f"target.`{column}` = source.`{column}`" for column in df.columns)
        columns = ", ".join(f"`{column}`" for column in df.columns)
        inserted = ", ".join(f"source.`{column}`" for column in df.columns)
        df.createOrReplaceTempView(view)
        try:
            df.sparkSession.sql(
                f"MERGE INTO {name} AS target USING {view} AS source ON {on} "
                f"WHEN MATCHED THEN UPDATE SET {values} WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({inserted})"
            ).collect()
        finally:
            df.sparkSession.catalog.dropTempView(view)
