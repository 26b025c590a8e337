"""Settings of a model, whole: its data, features, training, validation, promotion, serving and monitoring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from environments.contracts import FeatureTable, SourceTable, TableContract
from environments.monitoring import Monitoring, monitoring_checks
from environments.strict import Cron, Name, NonEmpty, Strict, TagKey, Tags, again
from environments.validation_errors import CrossCheck

# Of those that pipelines compute, the metrics of which more is better, as thresholds and gains take them.
Metric = Literal["roc_auc", "average_precision"]
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


class Training(Strict):
    """How a model is trained: held-out time ranges in days, and the hyperparameters chosen in dev."""

    test_days: Annotated[int, Field(ge=1)] = Field(description="latest days, held out to judge the trained model")
    validation_days: Annotated[int, Field(ge=1)] = Field(description="days before those, by which training stops early")
    max_rows: Annotated[int, Field(ge=1000)] = Field(description="sample that must fit one machine's memory")
    boosting_rounds: Annotated[int, Field(ge=1)] = Field(description="most trees that are grown")
    hyperparameters: dict[str, float | int | str] = Field(description="LightGBM's parameters by name")
    seed: int = Field(description="of everything random, so that a training can be repeated")


class Validation(Strict):
    """What a model version must show before it may challenge."""

    metric: Metric = Field(description="metric by which it is judged")
    minimum: float = Field(description="least value on all held-out rows")
    slices: list[Name] = Field(description="features by whose values the rows are judged apart, too")
    slice_minimum: float = Field(description="least value on each slice")
    slice_min_rows: Annotated[int, Field(ge=1)] = Field(description="rows that a slice must have to be judged")
    required_tags: list[TagKey] = Field(description="tags that a model version must bear")


class Promotion(Strict):
    """When a Challenger becomes Champion."""

    metric: Metric = Field(description="metric by which the two are compared")
    threshold: float = Field(description="least value of a Challenger where there is no Champion yet")
    min_gain: float = Field(description="by how much it must be better than the Champion")


class Serving(Strict):
    """The model's endpoint."""

    workload_size: Literal["Small", "Medium", "Large"] = Field(description="how many requests it answers at a time")
    scale_to_zero: bool = Field(description="may it stop when nobody asks, and then start slowly")
    calls_per_minute: Annotated[int, Field(ge=1)] = Field(description="rate limit of each caller")


class Batch(Strict):
    """Batch inference: how much of the latest data each run scores, and where predictions go."""

    table: Name = Field(description="name of the prediction table")
    window_days: Annotated[int, Field(ge=1)] = Field(description="latest days that each run scores")
    schedule: Cron = Field(description="when batch inference runs")


# Columns of every table of predictions, the last with the label's name behind it: the monitor groups by them.
SCORED_AT, MODEL_VERSION, PREDICTED = "scored_at", "model_version", "predicted_"


class Model(Strict):
    """A model, whole (`environments/models/<name>.yaml`)."""

    name: Name = Field(description="its name, which is the file's and that of its package in `pipelines/models`")
    description: NonEmpty = Field(description="what it predicts; people read it on the registered model's page")
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
    predictions: TableContract = Field(description="the table that batch inference writes")
    training: Training = Field(description="how it is trained")
    validation: Validation = Field(description="what a version must show before it may challenge")
    promotion: Promotion = Field(description="when a Challenger becomes Champion")
    serving: Serving = Field(description="its endpoint")
    batch: Batch = Field(description="batch inference")
    monitoring: Monitoring = Field(description="the monitor of the prediction table, and who is told what")
    training_schedule: Cron = Field(description="when it is trained again without an alert's asking")
    tags: Tags = Field(description="tags of all that belongs to it; they win over the environment's")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Tables, keys, features and tags name each other rightly."""
        yield from _columns_of_the_label_table(self)
        yield from _features(self)
        yield from _tags(self)
        for index, column in enumerate(self.entity_key):
            if column not in self.predictions.columns:
                yield CrossCheck(("entity_key", index), repr(column), "a column of the predictions too")
        if not self.predictions.primary_key:
            yield CrossCheck(("predictions", "primary_key"), "no column", "the columns by which rows are merged")
        if self.batch.table in self.feature_tables:
            yield CrossCheck(("batch", "table"), repr(self.batch.table), "a name that no feature table has")
        if self.schema_name == self.sources.schema_name:
            yield CrossCheck(("schema",), repr(self.schema_name), "another schema than that of the sources")
        for column in (SCORED_AT, MODEL_VERSION, f"{PREDICTED}{self.label}"):
            if column not in self.predictions.columns:
                yield CrossCheck(("predictions", "columns"), f"no column {column}", "it, as the monitor needs it")
        yield from monitoring_checks(self.monitoring, list(self.predictions.columns))


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
    named: list[tuple[tuple[str | int, ...], str]]
    named = [(("categorical", index), column) for index, column in enumerate(model.categorical)]
    named += [(("validation", "slices", index), column) for index, column in enumerate(model.validation.slices)]
    for path, column in named:
        if column not in features:
            yield CrossCheck(path, repr(column), f"one of the features: {', '.join(features)}")
    if model.label in features:
        yield CrossCheck(("label",), repr(model.label), "a column that is no feature: it is what is predicted")


def _tags(model: Model) -> Iterator[CrossCheck]:
    for index, tag in enumerate(model.validation.required_tags):
        if tag not in model.tags:
            yield CrossCheck(
                ("validation", "required_tags", index), repr(tag), f"one of the tags: {', '.join(model.tags)}"
            )
    for tag in model.tags:
        if tag in OWN_TAGS:
            yield CrossCheck(("tags", tag), "a tag that is set for every resource", "another key")
