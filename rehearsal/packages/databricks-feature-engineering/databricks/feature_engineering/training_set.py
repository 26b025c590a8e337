"""`TrainingSet`: a data frame with looked-up and computed features, joined when it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from pyspark.sql import DataFrame

from databricks.feature_engineering.augmenting import augmented
from databricks.feature_engineering.feature_function import FeatureFunction
from databricks.feature_engineering.feature_lookup import FeatureLookup
from databricks.feature_engineering.feature_spec import COMPUTED, LOOKED_UP, SENT, Column, FeatureSpec, Table
from databricks.feature_engineering.feature_table import FeatureTable, get_feature_table
from databricks.feature_engineering.on_demand import Definition, definition


class TrainingSet:
    """Made by `FeatureEngineeringClient.create_training_set`."""

    def __init__(
        self,
        df: DataFrame,
        features: Sequence[FeatureLookup | FeatureFunction],
        labels: list[str],
        exclude_columns: list[str],
    ) -> None:
        missing = [label for label in labels if label not in df.columns]
        if missing:
            raise ValueError(f"Label column(s) {missing} not found in the DataFrame's columns {df.columns}.")
        self._df, self._labels, self._exclude = df, labels, exclude_columns
        lookups = [(item, get_feature_table(item.table_name)) for item in features if isinstance(item, FeatureLookup)]
        for lookup, table in lookups:
            _validate(df, lookup, table)
        self._functions = [item for item in features if isinstance(item, FeatureFunction)]
        self._tables = {table.name: table for _, table in lookups}
        self._definitions = definitions([function.udf_name for function in self._functions])
        self._untyped = self._spec(lookups)

    def load_df(self) -> DataFrame:
        """The data frame's columns, then features, then labels, without the excluded columns."""
        inputs = [column.name for column in self._untyped.inputs]
        return self._augmented().select(*[f"`{name}`" for name in (*inputs, *self._labels)])

    @cached_property
    def feature_spec(self) -> FeatureSpec:
        """What `log_model` packs: every column's source, with the types that Spark finds."""
        types = dict(self._augmented().dtypes)
        typed = tuple(replace(column, data_type=types[column.name]) for column in self._untyped.columns)
        return replace(self._untyped, columns=typed)

    @property
    def label_types(self) -> dict[str, str]:
        """Spark's type of each label."""
        return {name: kind for name, kind in self._df.dtypes if name in self._labels}

    def _augmented(self) -> DataFrame:
        return augmented(self._df, self._untyped, self._tables, self._definitions)

    def _spec(self, lookups: list[tuple[FeatureLookup, FeatureTable]]) -> FeatureSpec:
        sent = [Column(name, SENT) for name in self._df.columns if name not in self._labels]
        looked_up = [
            Column(
                name=lookup.rename_outputs.get(name, name),
                source=LOOKED_UP,
                table_name=table.name,
                feature_name=name,
                lookup_key=tuple(lookup.lookup_key),
                timestamp_lookup_key=lookup.timestamp_lookup_key,
                default_value=_text(lookup.default_values.get(lookup.rename_outputs.get(name, name))),
            )
            for lookup, table in lookups
            for name in lookup.feature_names or table.features
        ]
        computed = [
            Column(function.output_name, COMPUTED, udf_name=function.udf_name, input_bindings=function.input_bindings)
            for function in self._functions
        ]
        columns = [*sent, *looked_up, *computed]
        names = [column.name for column in columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"Feature output name(s) {twice} occur more than once; use rename_outputs or output_name.")
        windows = {
            lookup.table_name: lookup.lookback_window.total_seconds()
            for lookup, _ in lookups
            if lookup.lookback_window is not None
        }
        return FeatureSpec(
            tuple(replace(column, include=column.name not in self._exclude) for column in columns),
            tuple(Table(table.name, table.table_id, windows.get(table.name)) for table in self._tables.values()),
            tuple(self._definitions),
        )


def definitions(names: Sequence[str]) -> dict[str, Definition]:
    """Functions of Unity Catalog by name. Raises ValueError, or databricks-sdk's errors."""
    from databricks.sdk import WorkspaceClient

    client = WorkspaceClient()
    return {name: definition(client.functions.get(name)) for name in dict.fromkeys(names)}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _validate(df: DataFrame, lookup: FeatureLookup, table: FeatureTable) -> None:
    if len(lookup.lookup_key) != len(table.entity_keys):
        raise ValueError(
            f"Number of lookup keys provided for feature table '{table.name}' does not match the number of its primary "
            f"keys: lookup keys {lookup.lookup_key}, primary keys {list(table.entity_keys)}."
        )
    wanted = [*lookup.lookup_key, *([lookup.timestamp_lookup_key] if lookup.timestamp_lookup_key else [])]
    missing = [name for name in wanted if name not in df.columns]
    if missing:
        raise ValueError(
            f"Lookup key(s) {missing} for '{table.name}' not found in the DataFrame's columns {df.columns}."
        )
    unknown = [name for name in lookup.feature_names if name not in table.features]
    if unknown:
        raise ValueError(f"Unable to find feature(s) {unknown} in feature table '{table.name}': {table.features}.")
    if lookup.timestamp_lookup_key and not table.timestamp_key:
        raise ValueError(f"timestamp_lookup_key given, but feature table '{table.name}' has no timeseries column.")
    if table.timestamp_key and not lookup.timestamp_lookup_key:
        raise ValueError(f"Feature table '{table.name}' is a time series: a timestamp_lookup_key is required.")
