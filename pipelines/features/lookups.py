"""Looking features up as of the event time, for training and inference alike."""

from __future__ import annotations

from pyspark.sql import DataFrame

from environments import names
from environments.settings import Environment, Model


def feature_columns(model: Model) -> list[str]:
    """The model's input columns in order: what the caller sends, then what is looked up."""
    looked_up = [feature for table in model.feature_tables.values() for feature in table.features]
    return [*model.request_features, *looked_up]


def with_features(environment: Environment, model: Model, rows: DataFrame, label: str | None) -> DataFrame:
    """Entity key, event time, features and the label if there is one, of each of `rows`."""
    from databricks.feature_engineering import FeatureEngineeringClient, FeatureLookup

    own = [*model.entity_key, model.event_time, *model.request_features]
    keys = [key for table in model.feature_tables.values() for key in table.lookup_key]
    lookups = [
        FeatureLookup(
            table_name=names.feature_table(environment, model, name),
            lookup_key=list(table.lookup_key),
            timestamp_lookup_key=model.event_time if table.time_key else None,
            feature_names=list(table.features),
        )
        for name, table in model.feature_tables.items()
    ]
    training_set = FeatureEngineeringClient().create_training_set(
        df=rows.select(*dict.fromkeys([*own, *keys, *([label] if label else [])])),
        feature_lookups=lookups,
        label=label,
        exclude_columns=[key for key in dict.fromkeys(keys) if key not in own],
    )
    return training_set.load_df()
