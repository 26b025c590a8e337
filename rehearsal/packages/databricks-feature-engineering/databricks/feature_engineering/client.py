"""`FeatureEngineeringClient`: feature tables, training sets, models that know their features, online stores."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import mlflow
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from databricks.feature_engineering import model_logging, scoring, tables
from databricks.feature_engineering.feature_function import FeatureFunction
from databricks.feature_engineering.feature_lookup import FeatureLookup
from databricks.feature_engineering.feature_table import FeatureTable, check_name, get_feature_table
from databricks.feature_engineering.online_store import DatabricksOnlineStore, PublishedTable
from databricks.feature_engineering.training_set import TrainingSet
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.ml import OnlineStore, PublishSpec, PublishSpecPublishMode

_WRITE_TRIGGER = {"processingTime": "5 seconds"}
_PUBLISH_TRIGGER = {"processingTime": "5 minutes"}


class FeatureEngineeringClient:
    """Works on feature tables of Unity Catalog with the task's Spark session and credentials.

    Methods have the real client's names and parameters; those that it has and this one lacks say so by not being there.
    """

    def __init__(self, *, model_registry_uri: str | None = None) -> None:
        self._model_registry_uri = model_registry_uri

    def create_table(
        self,
        *,
        name: str,
        primary_keys: str | list[str],
        df: DataFrame | None = None,
        timeseries_column: str | None = None,
        partition_columns: str | list[str] | None = None,
        schema: StructType | None = None,
        description: str | None = None,
        tags: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> FeatureTable:
        """Create a feature table of a schema or of a data frame, whose rows it then holds."""
        _refuse(kwargs, tags=tags)
        return tables.create(
            name, _listed(primary_keys), df, timeseries_column, _listed(partition_columns), schema, description
        )

    def get_table(self, *, name: str) -> FeatureTable:
        """Keys and features of a feature table."""
        return get_feature_table(name)

    def read_table(self, *, name: str, **kwargs: Any) -> DataFrame:
        """The rows of a feature table."""
        _refuse(kwargs)
        return SparkSession.builder.getOrCreate().table(get_feature_table(name).name)

    def write_table(
        self,
        *,
        name: str,
        df: DataFrame,
        mode: str = "merge",
        checkpoint_location: str | None = None,
        trigger: dict[str, Any] = _WRITE_TRIGGER,
    ) -> None:
        """Upsert rows by primary key. Merge is the only mode, as in the real client."""
        if mode != "merge":
            raise ValueError(
                f"Unsupported mode '{mode}'. 'merge' is the only supported mode. If you want to overwrite a table, run "
                f"SQL 'DELETE FROM {name};' to delete all rows, or drop and recreate the table."
            )
        if df.isStreaming or checkpoint_location is not None or trigger != _WRITE_TRIGGER:
            raise NotImplementedError("write_table of a stream is not emulated: merge in foreachBatch instead.")
        tables.merge(get_feature_table(name), df)

    def drop_table(self, *, name: str) -> None:
        """Drop a feature table."""
        table = get_feature_table(name)
        SparkSession.builder.getOrCreate().sql(f"DROP TABLE {table.name}").collect()

    def create_training_set(
        self,
        *,
        df: DataFrame,
        feature_lookups: list[FeatureLookup | FeatureFunction] | None = None,
        feature_spec: str | None = None,
        features: list[Any] | None = None,
        label: str | list[str] | None,
        exclude_columns: list[str] | None = None,
        use_spark_native_join: bool = False,
        use_timeseries_filtering: bool = False,
        **kwargs: Any,
    ) -> TrainingSet:
        """Look features up for each row of `df`, as of the row's time where tables have one, and compute functions.

        `use_spark_native_join` and `use_timeseries_filtering` tell the real client how to join, never what comes out.
        """
        _refuse(kwargs, feature_spec=feature_spec, features=features)
        return TrainingSet(df, feature_lookups or [], _listed(label), list(exclude_columns or []))

    def log_model(
        self,
        *,
        model: Any,
        artifact_path: str,
        flavor: ModuleType,
        training_set: TrainingSet | None = None,
        registered_model_name: str | None = None,
        await_registration_for: int | None = None,
        infer_input_example: bool = False,
        extra_pip_requirements: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Log a model with its feature spec, so that scoring and serving look up what training looked up."""
        if training_set is None:
            raise ValueError("Either 'training_set' or 'feature_spec_path' must be provided, but not both.")
        _refuse({}, infer_input_example=infer_input_example or None, await_registration_for=await_registration_for)
        self._use_registry()
        return model_logging.log(
            model,
            artifact_path,
            flavor,
            training_set,
            registered_model_name,
            extra_pip_requirements,
            kwargs.pop("output_schema", None),
            **kwargs,
        )

    def score_batch(
        self,
        *,
        model_uri: str,
        df: DataFrame,
        result_type: str = "double",
        env_manager: str = "local",
        params: dict[str, Any] | None = None,
        use_spark_native_join: bool = False,
        **kwargs: Any,
    ) -> DataFrame:
        """`df` with the features that it lacks and the model's `prediction`."""
        _refuse(kwargs)
        if env_manager != "local":
            raise NotImplementedError(f"env_manager='{env_manager}' is not emulated; the task's own packages are used.")
        self._use_registry()
        return scoring.score(model_uri, df, result_type, params)

    def create_online_store(
        self,
        *,
        name: str,
        capacity: str,
        read_replica_count: int | None = None,
        usage_policy_id: str | None = None,
    ) -> DatabricksOnlineStore:
        """A new online store."""
        wanted = OnlineStore(
            name=name, capacity=capacity, read_replica_count=read_replica_count, usage_policy_id=usage_policy_id
        )
        return DatabricksOnlineStore.of(WorkspaceClient().feature_store.create_online_store(wanted))

    def get_online_store(self, *, name: str) -> DatabricksOnlineStore | None:
        """An online store, or None."""
        try:
            return DatabricksOnlineStore.of(WorkspaceClient().feature_store.get_online_store(name))
        except NotFound:
            return None

    def list_online_stores(self) -> list[DatabricksOnlineStore]:
        """The workspace's online stores."""
        return [DatabricksOnlineStore.of(store) for store in WorkspaceClient().feature_store.list_online_stores()]

    def delete_online_store(self, *, name: str) -> None:
        """Delete an online store."""
        WorkspaceClient().feature_store.delete_online_store(name)

    def publish_table(
        self,
        *,
        online_store: DatabricksOnlineStore,
        source_table_name: str | None = None,
        online_table_name: str | None = None,
        publish_mode: str = "TRIGGERED",
        filter_condition: str | None = None,
        mode: str = "merge",
        streaming: bool = False,
        checkpoint_location: str | None = None,
        trigger: dict[str, Any] = _PUBLISH_TRIGGER,
        features: str | list[str] | None = None,
        **kwargs: Any,
    ) -> PublishedTable:
        """Publish a feature table to an online store."""
        source = source_table_name or kwargs.pop("name", None)
        _refuse(kwargs)
        if source is None:
            raise ValueError("source_table_name is required")
        if not isinstance(online_store, DatabricksOnlineStore):
            raise NotImplementedError("Online stores of third parties are not emulated.")
        if online_table_name is None:
            raise ValueError("online_table_name is required for Databricks online store")
        for name in (source, online_table_name):
            check_name(name)
        legacy = {
            "filter_condition": filter_condition,
            "checkpoint_location": checkpoint_location,
            "features": features,
        }
        for parameter, value in legacy.items():
            if value is not None:
                raise ValueError(f"{parameter} can not be set for Databricks online store")
        if mode != "merge" or trigger != _PUBLISH_TRIGGER:
            raise ValueError("mode and trigger can not be set for Databricks online store")
        spec = PublishSpec(
            online_store=online_store.name,
            online_table_name=online_table_name,
            publish_mode=PublishSpecPublishMode("CONTINUOUS" if streaming else publish_mode),
        )
        answer = WorkspaceClient().feature_store.publish_table(source, spec)
        return PublishedTable(str(answer.online_table_name), str(answer.pipeline_id))

    def _use_registry(self) -> None:
        if self._model_registry_uri:
            mlflow.set_registry_uri(self._model_registry_uri)


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _refuse(kwargs: dict[str, Any], **parameters: Any) -> None:
    """Nothing is accepted and ignored."""
    given = [*kwargs, *(name for name, value in parameters.items() if value is not None)]
    if given:
        raise NotImplementedError(f"Parameter(s) {given} are not emulated.")
