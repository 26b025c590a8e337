"""Typed settings: what differs between environments, and what a model is.

The one module that `infra` and `pipelines` share, so it imports nothing heavy. `load_environment` and `load_model`
read the YAML files of this package; a mistake raises `SettingsError`, which says file, line, key, found and expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from environments.azure import Azure, State
from environments.monitoring import Monitoring
from environments.strict import Cron, EMail, Fraction, Name, Strict, Uuid
from environments.validation_errors import CrossCheck
from environments.yaml_source import read_settings

ENVIRONMENTS = ("dev", "staging", "prod")


class Groups(Strict):
    """Names of the account's groups that hold people and feeds."""

    data_scientists: str
    ml_engineers: str
    data_producers: str


class Access(Strict):
    """How far data scientists may go in this environment: `write` (and read) or `read` only."""

    data_scientists: Literal["write", "read"]


class ClassicCompute(Strict):
    """What the cluster policy lets people and jobs have where serverless compute does not do."""

    spark_version: Annotated[
        str, Field(pattern=r"^\d+\.\d+\.x(-[a-z0-9.-]+)?$", description="such as 17.3.x-scala2.13")
    ]
    node_types: Annotated[list[str], Field(min_length=1)]
    max_workers: Annotated[int, Field(ge=0)]
    auto_termination_minutes: Annotated[int, Field(ge=10, le=240)]


class Compute(Strict):
    """Sizes and time limits of what runs in the environment."""

    classic: ClassicCompute
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
    azure: Azure
    state: State
    catalog: Name
    profile: Name = Field(description="section of the Databricks configuration file that says where the workspace is")
    groups: Groups
    access: Access
    compute: Compute
    overrides: Overrides = Overrides()
    readable_from: list[Literal["dev", "staging", "prod"]] = Field(
        default=[], description="environments whose workspaces may read the catalog; no other but its own sees it"
    )
    protected: bool = Field(default=False, description="does Terraform refuse to destroy its data and models")
    disposable: bool = Field(default=False, description="may destroying the environment delete what its jobs made, too")
    paused_schedules: bool
    notify: list[EMail] = Field(description="e-mail addresses told of failed runs")
    tags: dict[str, str]

    def cross_checks(self) -> Iterator[CrossCheck]:
        """What is protected is not disposable; a catalog is read from other environments than its own."""
        if self.protected and self.disposable:
            yield CrossCheck(("protected",), "true with disposable: true", "one of the two")
        for index, other in enumerate(self.readable_from):
            if other == self.name:
                yield CrossCheck(("readable_from", index), repr(other), "another environment than its own")


class Account(Strict):
    """What all environments share (`environments/account.yaml`)."""

    profile: Name = Field(description="section of the Databricks configuration file that says which account")
    metastore_id: Uuid = Field(description="the region's metastore, to which every workspace is assigned")
    state: State


class Column(Strict):
    """A column of a table contract; `type` is a Spark SQL type such as `timestamp` or `double`."""

    type: Literal["string", "int", "bigint", "double", "boolean", "date", "timestamp"]
    nullable: bool = True
    comment: str = ""


class TableContract(Strict):
    """What a table promises: its columns, its key, and the column of event time if it has one."""

    comment: str
    columns: dict[Name, Column]
    primary_key: list[Name] = Field(default=[])
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
    calls_per_minute: Annotated[int, Field(ge=1)] = Field(description="rate limit of each caller")


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
    monitoring: Monitoring
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


def load_account(root: Path | None = None) -> Account:
    """Read `<root>/account.yaml` (root: this package). Raises SettingsError."""
    return read_settings((root or package_root()) / "account.yaml", Account)


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
