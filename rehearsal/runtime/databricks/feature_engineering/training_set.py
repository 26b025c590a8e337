"""`TrainingSet`: a data frame with looked-up features, joined when it is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from databricks.feature_engineering.feature_lookup import FeatureLookup
from databricks.feature_engineering.feature_table import FeatureTable, get_feature_table
from databricks.feature_engineering.point_in_time import join_as_of, join_latest


class TrainingSet:
    """Made by `FeatureEngineeringClient.create_training_set`."""

    def __init__(
        self, df: DataFrame, feature_lookups: Sequence[FeatureLookup], labels: list[str], exclude_columns: list[str]
    ) -> None:
        missing = [label for label in labels if label not in df.columns]
        if missing:
            raise ValueError(f"Label column(s) {missing} not found in the DataFrame's columns {df.columns}.")
        self._df, self._labels, self._exclude = df, labels, exclude_columns
        self._lookups = [(lookup, get_feature_table(lookup.table_name)) for lookup in feature_lookups]
        for lookup, table in self._lookups:
            _validate(df, lookup, table)

    def load_df(self) -> DataFrame:
        """The data frame's columns, then features, then labels, without the excluded columns."""
        result = self._df
        for lookup, table in self._lookups:
            features = self._df.sparkSession.table(table.name)
            names = lookup.feature_names or [name for name in features.columns if name not in table.primary_keys]
            columns = {name: lookup.rename_outputs.get(name, name) for name in names}
            keys = dict(zip(lookup.lookup_key, table.entity_keys, strict=True))
            if lookup.timestamp_lookup_key and table.timestamp_key:
                result = join_as_of(
                    *(result, features, keys, columns, lookup.timestamp_lookup_key, table.timestamp_key),
                    lookback=lookup.lookback_window,
                )
            else:
                result = join_latest(result, features, keys, columns)
        kept = [name for name in result.columns if name not in (*self._labels, *self._exclude)]
        return result.select(*kept, *self._labels)


def _validate(df: DataFrame, lookup: FeatureLookup, table: FeatureTable) -> None:
    wanted = [*lookup.lookup_key, *([lookup.timestamp_lookup_key] if lookup.timestamp_lookup_key else [])]
    missing = [name for name in wanted if name not in df.columns]
    if missing:
        raise ValueError(
            f"Lookup key(s) {missing} for '{table.name}' not found in the DataFrame's columns {df.columns}."
        )
    if len(lookup.lookup_key) != len(table.entity_keys):
        raise ValueError(
            f"Number of lookup keys provided for feature table '{table.name}' does not match the number of its primary "
            f"keys: lookup keys {lookup.lookup_key}, primary keys {list(table.entity_keys)}."
        )
    if lookup.timestamp_lookup_key and not table.timestamp_key:
        raise ValueError(f"timestamp_lookup_key given, but feature table '{table.name}' has no timeseries column.")
    if table.timestamp_key and not lookup.timestamp_lookup_key:
        raise ValueError(f"Feature table '{table.name}' is a time series: a timestamp_lookup_key is required.")
