"""Settings of a model, whole: its data, features, training, validation, promotion, serving and monitoring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from environments.contracts import FeatureTable, SourceTable, TableContract
from environments.metrics import MORE_IS_BETTER, OwnMetric, Problem
from environments.monitoring import Monitoring, monitoring_checks
from environments.promotion import Promotion
from environments.sinks import DAY, Sinks
from environments.snapshot import Snapshot
from environments.streaming import Streaming
from environments.strict import Cron, Name, NonEmpty, Strict, Tags, again
from environments.training import Exploration, Training
from environments.validation import Validation
from environments.validation_errors import CrossCheck

# Tags of everything that belongs to a model; see infra/tags.py.
OWN_TAGS = ("project", "environment", "model")


class Sources(Strict):
    """Raw data: landed files and the bronze tables they become."""

    schema_name: Name = Field(alias="schema", description="schema of the bronze tables and of the landing volume")
    landing_volume: Name = Field(description="volume where feeds put their files")
    schedule: Cron = Field(default="0 0 2 * * ?", description="when landed files become tables")
    tables: Annotated[dict[Name, SourceTable], Field(min_length=1)] = Field(description="the bronze tables by name")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Each table has a folder of its own."""
        folders: dict[str, str] = {}
        for name, table in self.tables.items():
            other = folders.setdefault(table.folder, name)
            if other != name:
                yield CrossCheck(("tables", name, "folder"), repr(table.folder), f"another folder than that of {other}")


class Serving(Strict):
    """The model's endpoint."""

    workload_size: Literal["Small", "Medium", "Large"] = Field(description="how many requests it answers at a time")
    scale_to_zero: bool = Field(description="may it stop when nobody asks, and then start slowly")
    calls_per_minute: Annotated[int, Field(ge=1)] = Field(description="rate limit of each caller")


class OnDemandFeature(Strict):
    """A feature computed when it is needed, by the function of its name in the model's package."""

    comment: NonEmpty = Field(description="what people read of the function in Catalog Explorer")
    inputs: dict[Name, Name] = Field(description="the function's parameters, each with the feature that it gets")


class Batch(Strict):
    """Batch inference: how much of the latest data each run scores, and where predictions go."""

    table: Name = Field(description="name of the prediction table")
    window_days: Annotated[int, Field(ge=1)] = Field(description="latest days that each run scores")
    schedule: Cron = Field(description="when batch inference runs")
    sinks: Sinks = Field(default=Sinks(), description="where predictions go besides their table")


# Columns of every table of predictions, the last with the label's name behind it: the monitor groups by them.
SCORED_AT, MODEL_VERSION, PREDICTED = "scored_at", "model_version", "predicted_"


class Model(Strict):
    """A model, whole (`environments/models/<name>.yaml`)."""

    name: Name = Field(description="its name, which is the file's and that of its package in `pipelines/models`")
    description: NonEmpty = Field(description="what it predicts; people read it on the registered model's page")
    problem: Problem = Field(description="is the label a class, 0 or 1 (binary), or an amount (regression)")
    schema_name: Name = Field(alias="schema", description="schema of its features, predictions and registered model")
    sources: Sources = Field(description="raw data; models that share a source table say the same of it")
    label_table: Name = Field(description="bronze table with one row per prediction")
    entity_key: Annotated[list[Name], Field(min_length=1)] = Field(
        description="columns of the label table that tell one prediction from another"
    )
    event_time: Name = Field(description="column of the label table: when a prediction is made, UTC")
    label: Name = Field(description="column that the model learns to predict")
    request_features: list[Name] = Field(description="columns known at prediction time that the caller sends")
    categorical: list[Name] = Field(description="features that are categories, not amounts")
    feature_tables: dict[Name, FeatureTable] = Field(description="the feature tables by name")
    on_demand_features: dict[Name, OnDemandFeature] = Field(
        default={}, description="features computed from others when they are needed"
    )
    metrics: dict[Name, OwnMetric] = Field(default={}, description="metrics of the model's own code")
    predictions: TableContract = Field(description="the table that batch inference writes")
    exploration: Exploration = Field(default=Exploration(), description="the first look at the data")
    training: Training = Field(description="how it is trained")
    validation: Validation = Field(description="what a version must show before it may challenge")
    promotion: Promotion = Field(description="when a Challenger becomes Champion")
    serving: Serving = Field(description="its endpoint")
    batch: Batch = Field(description="batch inference")
    streaming: Streaming | None = Field(default=None, description="streaming inference, where there is any")
    monitoring: Monitoring = Field(description="the monitor of all predictions, and who is told what")
    snapshot: Snapshot | None = Field(default=None, description="what is copied into environments that ask for it")
    training_schedule: Cron = Field(description="when it is trained again without an alert's asking")
    tags: Tags = Field(description="tags of all that belongs to it; they win over the environment's")

    def more_is_better(self, metric: str) -> bool:
        """Is a greater value of the metric the better one."""
        return self.metrics[metric].more_is_better if metric in self.metrics else MORE_IS_BETTER[self.problem][metric]

    def copied(self) -> dict[str, TableContract]:
        """The tables that a snapshot may copy, by name."""
        return {**self.sources.tables, **self.feature_tables, self.batch.table: self.predictions}

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Tables, keys, features, metrics and tags name each other rightly."""
        yield from _columns_of_the_label_table(self)
        yield from _features(self)
        yield from _metrics(self)
        yield from _snapshot(self)
        yield from _tags(self)
        for index, column in enumerate(self.entity_key):
            if column not in self.predictions.columns:
                yield CrossCheck(("entity_key", index), repr(column), "a column of the predictions too")
        if not self.predictions.primary_key:
            yield CrossCheck(("predictions", "primary_key"), "no column", "the columns by which rows are merged")
        yield from _sinks(self)
        if self.batch.table in self.feature_tables:
            yield CrossCheck(("batch", "table"), repr(self.batch.table), "a name that no feature table has")
        if self.streaming and self.streaming.table in {*self.feature_tables, self.batch.table}:
            expected = "a name that no feature table has, nor that of batch inference"
            yield CrossCheck(("streaming", "table"), repr(self.streaming.table), expected)
        if self.schema_name == self.sources.schema_name:
            yield CrossCheck(("schema",), repr(self.schema_name), "another schema than that of the sources")
        for column in (SCORED_AT, MODEL_VERSION, f"{PREDICTED}{self.label}"):
            if column not in self.predictions.columns:
                yield CrossCheck(("predictions", "columns"), f"no column {column}", "it, as the monitor needs it")
        if label_table := self.sources.tables.get(self.label_table):
            predicted = list(self.predictions.columns)
            yield from monitoring_checks(self.monitoring, predicted, self.label, list(label_table.columns))


def _columns_of_the_label_table(model: Model) -> Iterator[CrossCheck]:
    tables = model.sources.tables
    if model.label_table not in tables:
        yield CrossCheck(("label_table",), repr(model.label_table), f"one of the tables: {', '.join(tables)}")
        return
    columns = tables[model.label_table].columns
    used: list[tuple[tuple[str | int, ...], str]] = [(("event_time",), model.event_time)]
    used += [(("entity_key", index), column) for index, column in enumerate(model.entity_key)]
    for name, table in model.feature_tables.items():
        used += [(("feature_tables", name, "lookup_key", i), column) for i, column in enumerate(table.lookup_key)]
    for path, column in used:
        if column not in columns:
            yield CrossCheck(path, repr(column), f"a column of the label table: {', '.join(columns)}")


def _features(model: Model) -> Iterator[CrossCheck]:
    features = list(model.request_features)
    yield from again("request_features", features)
    for name, table in model.feature_tables.items():
        for index, feature in enumerate(table.features):
            if feature in features:
                where = ("feature_tables", name, "features", index)
                yield CrossCheck(where, repr(feature), "a name no other feature has")
            features.append(feature)
    for name, on_demand in model.on_demand_features.items():
        for parameter, column in on_demand.inputs.items():
            if column not in features:
                place = ("on_demand_features", name, "inputs", parameter)
                yield CrossCheck(place, repr(column), f"one of the features: {', '.join(features)}")
        if name in features:
            yield CrossCheck(("on_demand_features", name), repr(name), "a name no other feature has")
        features.append(name)
    named: list[tuple[tuple[str | int, ...], str]]
    named = [(("categorical", index), column) for index, column in enumerate(model.categorical)]
    named += [(("validation", "slices", index), column) for index, column in enumerate(model.validation.slices)]
    for path, column in named:
        if column not in features:
            yield CrossCheck(path, repr(column), f"one of the features: {', '.join(features)}")
    if model.label in features:
        yield CrossCheck(("label",), repr(model.label), "a column that is no feature: it is what is predicted")


def _metrics(model: Model) -> Iterator[CrossCheck]:
    known = [*MORE_IS_BETTER[model.problem], *model.metrics]
    for name in model.metrics:
        if name in MORE_IS_BETTER[model.problem]:
            yield CrossCheck(("metrics", name), repr(name), "a name that none of the pipelines' own metrics has")
    for where, metric in (
        ("training", model.training.metric),
        ("validation", model.validation.metric),
        ("promotion", model.promotion.metric),
    ):
        if metric not in known:
            yield CrossCheck((where, "metric"), repr(metric), f"one of the metrics: {', '.join(known)}")


def _snapshot(model: Model) -> Iterator[CrossCheck]:
    tables = model.copied()
    for name, copy in model.snapshot.tables.items() if model.snapshot else ():
        if name not in tables:
            expected = f"one of the tables: {', '.join(tables)}"
            yield CrossCheck(("snapshot", "tables", name), repr(name), expected)
            continue
        contract = tables[name]
        for column, mask in copy.masked.items():
            where = ("snapshot", "tables", name, "masked", column)
            if column not in contract.columns:
                yield CrossCheck(where, repr(column), f"a column of the table: {', '.join(contract.columns)}")
            elif mask == "hash" and contract.columns[column].type != "string":
                yield CrossCheck(
                    where, f"hash of a {contract.columns[column].type}", "null, or a column of type string"
                )
            elif mask == "null" and not contract.columns[column].nullable:
                yield CrossCheck(where, "null of a column that is never null", "hash, or a nullable column")
        if copy.sample < 1 and not contract.primary_key:
            yield CrossCheck(("snapshot", "tables", name, "sample"), str(copy.sample), "1, as there is no primary key")


def _sinks(model: Model) -> Iterator[CrossCheck]:
    sinks, predictions = model.batch.sinks, model.predictions
    if (sinks.files or sinks.jdbc) and not predictions.time_key:
        yield CrossCheck(("predictions", "time_key"), "nothing", "the column by which sinks tell the newest days")
    if sinks.files and DAY in predictions.columns:
        yield CrossCheck(("predictions", "columns", DAY), "a column", "no such column: files have one of this name")


def _tags(model: Model) -> Iterator[CrossCheck]:
    for index, tag in enumerate(model.validation.required_tags):
        if tag not in model.tags:
            yield CrossCheck(
                ("validation", "required_tags", index), repr(tag), f"one of the tags: {', '.join(model.tags)}"
            )
    for tag in model.tags:
        if tag in OWN_TAGS:
            yield CrossCheck(("tags", tag), "a tag that is set for every resource", "another key")
