"""Typed settings: what differs between environments, and what a model is.

The one module that `infra` and `pipelines` share, so it imports nothing heavy. `load_environment` and `load_model`
read the YAML files of this package; a mistake raises `SettingsError`, which says file, line, key, found and expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from environments.validation_errors import CrossCheck, CrossCheckError
from environments.yaml_source import read_settings

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="lower-case letters, digits and _")]
Fraction = Annotated[float, Field(gt=0, le=1)]
EMail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
Cron = Annotated[str, Field(pattern=r"^\S+( \S+){5,6}$", description="Quartz cron expression, UTC")]
ENVIRONMENTS = ("dev", "staging", "prod")


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know: a typo must not silently become a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Settings of this model that do not fit each other."""
        return iter(())

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        checks = list(self.cross_checks())
        if checks:
            raise CrossCheckError(checks)
        return self


class Groups(Strict):
    """Names of the account's groups that hold people and feeds."""

    data_scientists: str
    ml_engineers: str
    data_producers: str


class Access(Strict):
    """How far data scientists may go in this environment: `write` (and read) or `read` only."""

    data_scientists: Literal["write", "read"]


class Compute(Strict):
    """Sizes and time limits of what runs in the environment."""

    warehouse_size: Literal["2X-Small", "X-Small", "Small", "Medium", "Large"]
    warehouse_auto_stop_minutes: Annotated[int, Field(ge=5)]
    job_timeout_minutes: Annotated[int, Field(ge=1)]
    task_retries: Annotated[int, Field(ge=0, le=5)] = Field(
        default=0, description="how often a failed task that may safely be repeated is tried again"
    )


class Overrides(Strict):
    """What an environment changes in every model: cheaper training and less data where only correctness is tested."""

    subset: Fraction = 1.0
    boosting_rounds: Annotated[int, Field(ge=1)] | None = None


class Environment(Strict):
    """One stage of the workflow: its catalog, its identities, its sizes (`environments/<name>.yaml`)."""

    name: Literal["dev", "staging", "prod"]
    catalog: Name
    profile: Name = Field(description="section of the Databricks configuration file that says where the workspace is")
    groups: Groups
    access: Access
    compute: Compute
    overrides: Overrides = Overrides()
    storage_root: str | None = Field(
        default=None, description="abfss:// address of the catalog's managed storage; the metastore's own when missing"
    )
    disposable: bool = Field(default=False, description="may destroying the environment delete what its jobs made, too")
    paused_schedules: bool
    notify: list[EMail] = Field(description="e-mail addresses told of failed runs")
    tags: dict[str, str]


class Column(Strict):
    """A column of a table contract; `type` is a Spark SQL type such as `timestamp` or `double`."""

    type: Literal["string", "int", "bigint", "double", "boolean", "date", "timestamp"]
    nullable: bool = True
    comment: str = ""


class TableContract(Strict):
    """What a table promises: its columns, its key, and the column of event time if it has one."""

    comment: str
    columns: dict[Name, Column]
    primary_key: list[Name] = []
    time_key: Name | None = None

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Keys are columns, and those of the primary key are never null."""
        keys = [(("primary_key", index), column) for index, column in enumerate(self.primary_key)]
        for path, column in [*keys, *([(("time_key",), self.time_key)] if self.time_key else [])]:
            if column not in self.columns:
                yield CrossCheck(path, repr(column), f"one of the table's columns: {', '.join(self.columns)}")
        for column in self.primary_key:
            if column in self.columns and self.columns[column].nullable:
                yield CrossCheck(("columns", column), "a nullable column of the primary key", "nullable: false")


class SourceTable(TableContract):
    """A bronze table and the landed CSV files (a folder of the landing volume) that fill it."""

    folder: Name
    sampled: bool = Field(default=False, description="may an environment's `subset` thin this table out")


class Sources(Strict):
    """Raw data: landed files and the bronze tables they become."""

    schema_name: Name = Field(alias="schema")
    landing_volume: Name
    schedule: Cron = Field(default="0 0 2 * * ?", description="when landed files become tables; Quartz, UTC")
    tables: dict[Name, SourceTable]


class FeatureTable(TableContract):
    """A feature table: looked up by its keys, as of the event time where it has a time key."""

    lookup_key: list[Name] = Field(description="columns of the label table matched with the primary key, less time key")
    features: list[Name]

    @property
    def looked_up(self) -> list[str]:
        """The primary key's columns that a lookup matches by value: all but the time key."""
        return [column for column in self.primary_key if column != self.time_key]

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Features and keys are columns; the lookup key matches the primary key."""
        yield from super().cross_checks()
        for index, feature in enumerate(self.features):
            if feature not in self.columns or feature in self.primary_key:
                yield CrossCheck(("features", index), repr(feature), "a column of the table outside its primary key")
        if self.time_key and self.time_key in self.columns and self.time_key not in self.primary_key:
            yield CrossCheck(("time_key",), repr(self.time_key), "a column of the primary key (a time series key)")
        if len(self.lookup_key) != len(self.looked_up):
            expected = f"one column for each of {', '.join(self.looked_up)}"
            yield CrossCheck(("lookup_key",), f"{len(self.lookup_key)} columns", expected)


class Training(Strict):
    """How a model is trained: held-out time ranges in days, and the hyperparameters chosen in dev."""

    test_days: Annotated[int, Field(ge=1)]
    validation_days: Annotated[int, Field(ge=1)]
    max_rows: Annotated[int, Field(ge=1000)] = Field(description="sample that must fit one machine's memory")
    boosting_rounds: Annotated[int, Field(ge=1)]
    hyperparameters: dict[str, float | int | str]
    seed: int


class Validation(Strict):
    """What a model version must show before it may challenge."""

    metric: str
    minimum: float
    slices: list[Name]
    slice_minimum: float
    slice_min_rows: Annotated[int, Field(ge=1)]
    required_tags: list[str]


class Promotion(Strict):
    """When a Challenger becomes Champion: at least `threshold` with no Champion, else better by `min_gain`."""

    metric: str
    threshold: float
    min_gain: float


class Serving(Strict):
    """The model's endpoint."""

    workload_size: Literal["Small", "Medium", "Large"]
    scale_to_zero: bool


class Batch(Strict):
    """Batch inference: how much of the latest data each run scores, and where predictions go."""

    table: Name
    window_days: Annotated[int, Field(ge=1)]
    schedule: Cron


class Model(Strict):
    """A model, whole: data, features, training, validation, promotion, serving (`environments/models/*.yaml`)."""

    name: Name
    description: str
    schema_name: Name = Field(alias="schema")
    sources: Sources
    label_table: Name = Field(description="bronze table with one row per prediction")
    entity_key: list[Name]
    event_time: Name
    label: Name
    request_features: list[Name] = Field(description="columns known at prediction time that the caller sends")
    categorical: list[Name]
    feature_tables: dict[Name, FeatureTable]
    predictions: TableContract
    training: Training
    validation: Validation
    promotion: Promotion
    serving: Serving
    batch: Batch
    training_schedule: Cron
    tags: dict[str, str]

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Tables, keys, features and tags name each other rightly."""
        yield from model_checks(self)


def model_checks(model: Model) -> Iterator[CrossCheck]:
    """What must hold between the parts of a model's file."""
    if model.label_table not in model.sources.tables:
        yield CrossCheck(
            ("label_table",), repr(model.label_table), f"one of the tables: {', '.join(model.sources.tables)}"
        )
    else:
        columns = model.sources.tables[model.label_table].columns
        used: list[tuple[tuple[str | int, ...], str]] = [(("event_time",), model.event_time)]
        used += [(("entity_key", index), column) for index, column in enumerate(model.entity_key)]
        for name, table in model.feature_tables.items():
            used += [(("feature_tables", name, "lookup_key", i), column) for i, column in enumerate(table.lookup_key)]
        for path, column in used:
            if column not in columns:
                yield CrossCheck(path, repr(column), f"a column of the label table: {', '.join(columns)}")
    features = list(model.request_features)
    for name, table in model.feature_tables.items():
        for index, feature in enumerate(table.features):
            if feature in features:
                yield CrossCheck(
                    ("feature_tables", name, "features", index), repr(feature), "a name no other feature has"
                )
            features.append(feature)
    for index, column in enumerate(model.categorical):
        if column not in features:
            yield CrossCheck(("categorical", index), repr(column), f"one of the features: {', '.join(features)}")
    for index, column in enumerate(model.entity_key):
        if column not in model.predictions.columns:
            yield CrossCheck(("entity_key", index), repr(column), "a column of the predictions too")
    for index, tag in enumerate(model.validation.required_tags):
        if tag not in model.tags:
            yield CrossCheck(
                ("validation", "required_tags", index), repr(tag), f"one of the tags: {', '.join(model.tags)}"
            )
    if model.batch.table in model.feature_tables:
        yield CrossCheck(("batch", "table"), repr(model.batch.table), "a name that no feature table has")
    if model.schema_name == model.sources.schema_name:
        yield CrossCheck(("schema",), repr(model.schema_name), "another schema than that of the sources")


def load_environment(name: str, root: Path | None = None) -> Environment:
    """Read `<root>/<name>.yaml` (root: this package). Raises SettingsError."""
    return read_settings((root or package_root()) / f"{name}.yaml", Environment)


def load_model(name: str, root: Path | None = None) -> Model:
    """Read `<root>/models/<name>.yaml` (root: this package). Raises SettingsError."""
    return read_settings((root or package_root()) / "models" / f"{name}.yaml", Model)


def model_names(root: Path | None = None) -> list[str]:
    """Names of all models that have a file, sorted."""
    return sorted(path.stem for path in ((root or package_root()) / "models").glob("*.yaml"))


def package_root() -> Path:
    """The folder of the installed YAML files."""
    return Path(str(files("environments")))
