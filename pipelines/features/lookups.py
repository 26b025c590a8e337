"""A model's look-ups and on-demand functions: made of settings in training, of the version itself in inference.

What training looked up travels with the model version as plain data, so that a Champion of older settings still gets
the features that it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from pyspark.sql import DataFrame

from environments import names
from environments.settings import Environment, Model
from pipelines.features.functions import name_of
from pipelines.task import Task

if TYPE_CHECKING:
    from databricks.feature_engineering import TrainingSet


@dataclass(frozen=True)
class TableLookup:
    """Features of a table by the key that the rows have; as of `time`, a column of the rows, where there is one."""

    table: str
    key: list[str]
    time: str | None
    features: list[str]


@dataclass(frozen=True)
class FunctionCall:
    """A feature that a function of Unity Catalog computes: its parameters by name, each with a column."""

    function: str
    inputs: dict[str, str]
    output: str


@dataclass(frozen=True)
class Lookups:
    """All that turns rows with keys into rows with features."""

    own: list[str]
    """Columns that stay as they are: entity key, event time, request features."""
    tables: list[TableLookup]
    functions: list[FunctionCall]

    @classmethod
    def of(cls, environment: Environment, model: Model, on_demand: Mapping[str, Callable[..., Any]]) -> Lookups:
        """As settings and code say."""
        return cls(
            own=list(dict.fromkeys([*model.entity_key, model.event_time, *model.request_features])),
            tables=[
                TableLookup(
                    names.feature_table(environment, model, name),
                    list(table.lookup_key),
                    model.event_time if table.time_key else None,
                    list(table.features),
                )
                for name, table in model.feature_tables.items()
            ],
            functions=[
                FunctionCall(
                    f"{names.model_schema(environment, model)}.{name_of(name, on_demand[name])}",
                    dict(feature.inputs),
                    name,
                )
                for name, feature in model.on_demand_features.items()
            ],
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Lookups:
        """As `as_config` wrote them."""
        return cls(
            list(config["own"]),
            [TableLookup(**table) for table in config["tables"]],
            [FunctionCall(**function) for function in config["functions"]],
        )

    @property
    def sent(self) -> list[str]:
        """Columns that rows must have, and that a caller of the endpoint sends."""
        return list(dict.fromkeys([*self.own, *(key for table in self.tables for key in table.key)]))

    def bring(self, other: Lookups) -> bool:
        """Do these bring all that the other ones bring, from where those have it? The schema may be another's."""
        return other._origins.items() <= self._origins.items()

    @property
    def _origins(self) -> dict[str, tuple[Any, ...]]:
        """What each column is made of: a table and its key, or a function and its inputs; what is sent, of nothing."""
        looked_up = {
            feature: (_local(table.table), *table.key, table.time)
            for table in self.tables
            for feature in table.features
        }
        computed = {call.output: (_local(call.function), *sorted(call.inputs.items())) for call in self.functions}
        return {**dict.fromkeys(self.own, ()), **looked_up, **computed}

    def missing(self, workspace: WorkspaceClient) -> list[str]:
        """Tables, their features and functions that are there no more, in words."""
        gone: list[str] = []
        for table in self.tables:
            try:
                columns = {column.name for column in workspace.tables.get(table.table).columns or []}
            except NotFound:
                gone.append(f"table {table.table}")
                continue
            gone += [f"column {feature} of {table.table}" for feature in table.features if feature not in columns]
        for call in self.functions:
            try:
                workspace.functions.get(call.function)
            except NotFound:
                gone.append(f"function {call.function}")
        return gone

    def as_config(self) -> dict[str, Any]:
        """As plain data, to be logged with a model."""
        return asdict(self)

    def training_set(self, rows: DataFrame, label: str | None, also: Sequence[str] = ()) -> TrainingSet:
        """What is sent, features, the label if there is one, and columns that are asked for `also`.

        A model that is logged with it is given all that is sent, and leaves alone what is no feature.
        """
        from databricks.feature_engineering import FeatureEngineeringClient, FeatureFunction, FeatureLookup

        wanted = dict.fromkeys([*self.sent, *also, *([label] if label else [])])
        lookups = [
            FeatureLookup(
                table_name=table.table,
                lookup_key=list(table.key),
                timestamp_lookup_key=table.time,
                feature_names=list(table.features),
            )
            for table in self.tables
        ]
        functions = [
            FeatureFunction(udf_name=call.function, input_bindings=dict(call.inputs), output_name=call.output)
            for call in self.functions
        ]
        return FeatureEngineeringClient().create_training_set(
            df=rows.select(*wanted),
            feature_lookups=[*lookups, *functions],
            label=label,
        )


def _local(name: str) -> str:
    return name.rpartition(".")[2]


def feature_columns(model: Model) -> list[str]:
    """The model's input columns in order: what the caller sends, what is looked up, what is computed of both."""
    return [*model.request_features, *looked_up_features(model), *model.on_demand_features]


def looked_up_features(model: Model) -> list[str]:
    """Those of the input columns that come from feature tables."""
    return [feature for table in model.feature_tables.values() for feature in table.features]


def lookups_of(task: Task) -> Lookups:
    """The look-ups of the task's model, as its settings and code are now."""
    return Lookups.of(task.environment, task.model, task.code.ON_DEMAND)


def with_features(task: Task, rows: DataFrame, label: str | None, also: Sequence[str] = ()) -> DataFrame:
    """Keys, event time, features, the label if there is one, and columns `also` asked for, of each of `rows`."""
    return lookups_of(task).training_set(rows, label, also).load_df()
