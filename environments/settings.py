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
from environments.contracts import Column, FeatureTable, SourceTable, TableContract
from environments.infrastructure import Prices
from environments.model import OWN_TAGS, Batch, Model, Serving, Sources
from environments.promotion import Approval, Promotion, Rollout
from environments.sinks import Jdbc
from environments.strict import EMail, EnvironmentName, Fraction, Name, NonEmpty, Strict, Tags, Text, Uuid, again
from environments.training import Training
from environments.validation import Validation
from environments.validation_errors import CrossCheck
from environments.yaml_source import read_settings

__all__ = [
    "ENVIRONMENTS",
    "Account",
    "Batch",
    "Column",
    "Environment",
    "FeatureTable",
    "Kafka",
    "Model",
    "Promotion",
    "Serving",
    "SourceTable",
    "Sources",
    "TableContract",
    "Training",
    "Validation",
    "load_account",
    "load_environment",
    "load_model",
    "model_names",
    "package_root",
]

ENVIRONMENTS = ("dev", "staging", "prod")
# Catalogs that every metastore or workspace has already.
TAKEN_CATALOGS = ("hive_metastore", "samples", "system")

SparkVersion = Annotated[
    str, Text("a Databricks runtime such as 17.3.x-scala2.13", pattern=r"\d+\.\d+\.x(-[a-z0-9.-]+)?")
]
NodeType = Annotated[str, Text("an Azure node type such as Standard_D4ds_v5", pattern=r"Standard_[A-Za-z0-9_]+")]

ServerAddress = Annotated[str, Text("an address such as host.example.com:9093", pattern=r"[A-Za-z0-9.-]+:[0-9]{1,5}")]
KafkaUser = Annotated[str, Text("a user's name without spaces and quotes", pattern=r"[^\s\"\\]+")]


class Groups(Strict):
    """Names of the account's groups that hold people and feeds."""

    data_scientists: NonEmpty = Field(description="people who build models")
    ml_engineers: NonEmpty = Field(description="people who run what is released")
    data_producers: NonEmpty = Field(description="feeds that put files into the landing volumes")
    platform_engineers: NonEmpty = Field(description="who deploys: the identity that runs Terraform is a member")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """A group has one role: privileges of two would add up unseen."""
        roles: dict[str, str] = {}
        for role, group in self.model_dump().items():
            other = roles.setdefault(group, role)
            if other != role:
                yield CrossCheck((role,), repr(group), f"another group than {other}")


class Access(Strict):
    """How far people may go in the environment."""

    data_scientists: Literal["write", "read", "none"] = Field(
        description="`write` (and read), `read` only, or `none`: then a snapshot is what they work on"
    )


class ClassicCompute(Strict):
    """What the cluster policy lets people and jobs have where serverless compute does not do."""

    spark_version: SparkVersion = Field(description="Databricks runtime of the clusters")
    node_types: Annotated[list[NodeType], Field(min_length=1)] = Field(description="machines that may be chosen")
    max_workers: Annotated[int, Field(ge=0, le=100)] = Field(description="most workers of a cluster; 0 is one machine")
    auto_termination_minutes: Annotated[int, Field(ge=10, le=240)] = Field(
        description="after which time without work a cluster ends"
    )

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Each node type once."""
        yield from again("node_types", self.node_types)


class Compute(Strict):
    """Sizes and time limits of what runs in the environment."""

    classic: ClassicCompute = Field(description="clusters, where serverless compute does not do")
    warehouse_size: Literal["2X-Small", "X-Small", "Small", "Medium", "Large"] = Field(
        description="size of the SQL warehouse"
    )
    warehouse_auto_stop_minutes: Annotated[int, Field(ge=5, le=240)] = Field(
        description="after which time without queries the warehouse stops"
    )
    job_timeout_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(description="longest time of a run or a task")
    task_retries: Annotated[int, Field(ge=0, le=5)] = Field(
        default=0, description="how often a failed task that may safely be repeated is tried again"
    )


class Overrides(Strict):
    """What an environment changes in every model: cheaper training and less data where only correctness is tested."""

    subset: Fraction = Field(default=1.0, description="part of the sampled source tables that is read")
    boosting_rounds: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="instead of the model's own number of trees"
    )
    tuning_trials: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="trials of the search for hyperparameters; without it the chosen ones are used"
    )


class OnlineStore(Strict):
    """The store from which endpoints look features up by key."""

    capacity: Literal["CU_1", "CU_2", "CU_4", "CU_8"] = Field(description="its size in capacity units")


class Kafka(Strict):
    """The brokers that streaming inference reads from and writes to: Event Hubs by its Kafka endpoint, or any Kafka.

    They are reached by TLS, and let in who has the password, which is a secret of the environment's scope.
    """

    bootstrap_servers: Annotated[list[ServerAddress], Field(min_length=1)] = Field(
        description="brokers to begin with; an Event Hubs namespace is `<namespace>.servicebus.windows.net:9093`"
    )
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", description="how the password is shown (SASL); Event Hubs takes PLAIN"
    )
    user: KafkaUser = Field(
        default="$ConnectionString", description="who signs in; for Event Hubs the word $ConnectionString"
    )
    secret: Name = Field(
        description="key in the environment's scope of the password; for Event Hubs the connection string"
    )

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Each broker once."""
        yield from again("bootstrap_servers", self.bootstrap_servers)


class Environment(Strict):
    """One stage of the workflow: its place, its catalog, its identities, its sizes (`environments/<name>.yaml`)."""

    name: EnvironmentName = Field(description="its name, which is the file's")
    azure: Azure = Field(description="where on Azure it is")
    state: State = Field(description="where Terraform keeps the state of its two stacks")
    catalog: Name = Field(description="Unity Catalog catalog of all its data and models")
    profile: Name = Field(description="section of the Databricks configuration file: how to sign in to the workspace")
    groups: Groups = Field(description="names of the account's groups that hold people and feeds")
    access: Access = Field(description="how far people may go")
    compute: Compute = Field(description="sizes and time limits")
    overrides: Overrides = Field(default=Overrides(), description="what it changes in every model")
    online_store: OnlineStore = Field(description="where endpoints look features up")
    prices: Prices = Field(description="by which the monitoring job estimates what endpoint and jobs cost")
    kafka: Kafka | None = Field(default=None, description="brokers of models that stream from topics or to them")
    jdbc: Jdbc | None = Field(default=None, description="database of models that write predictions to PostgreSQL")
    explores: bool = Field(default=False, description="has it jobs that explore the data and find a baseline")
    compares_with: EnvironmentName | None = Field(
        default=None, description="environment whose Champion each training is measured against, where it may be read"
    )
    asks_people: bool = Field(
        default=False, description="are versions deployed after a person's approval, if models say so"
    )
    rolls_out: bool = Field(default=False, description="does traffic move to a new version in steps, if models say so")
    snapshot_of: EnvironmentName | None = Field(
        default=None, description="environment of whose tables it has a job that copies them"
    )
    readable_from: list[EnvironmentName] = Field(
        default=[], description="environments whose workspaces may read the catalog; no other but its own sees it"
    )
    protected: bool = Field(default=False, description="does Terraform refuse to destroy its data and models")
    disposable: bool = Field(default=False, description="may destroying the environment delete what its jobs made, too")
    paused_schedules: bool = Field(description="are jobs started by people only, never by their schedules")
    notify: Annotated[list[EMail], Field(min_length=1)] = Field(
        description="e-mail addresses told of failed runs and of alerts"
    )
    tags: Tags = Field(description="tags of all its resources that can bear them, such as who pays")

    def approval_of(self, model: Model) -> Approval | None:
        """How a person is asked before a version of the model is deployed here; None where nobody is."""
        return model.promotion.approval if self.asks_people else None

    def rollout_of(self, model: Model) -> Rollout | None:
        """How traffic moves to a new version of the model here; None where it does at once."""
        return model.promotion.rollout if self.rolls_out else None

    def cross_checks(self) -> Iterator[CrossCheck]:
        """What is protected is not disposable; a catalog is read from other environments than its own."""
        if self.protected and self.disposable:
            yield CrossCheck(("protected",), "true with disposable: true", "one of the two")
        for index, other in enumerate(self.readable_from):
            if other == self.name:
                yield CrossCheck(("readable_from", index), repr(other), "another environment than its own")
        for key in ("compares_with", "snapshot_of"):
            if getattr(self, key) == self.name:
                yield CrossCheck((key,), repr(self.name), "another environment than its own")
        yield from again("readable_from", list(self.readable_from))
        yield from again("notify", self.notify)
        if self.catalog in TAKEN_CATALOGS:
            yield CrossCheck(("catalog",), repr(self.catalog), "a name that Databricks does not use itself")
        if self.state.backend == "azurerm" and self.state.storage_account == self.azure.storage_account:
            expected = "another account than azure.storage_account, which the state describes"
            yield CrossCheck(("state", "storage_account"), repr(self.state.storage_account), expected)
        for tag in self.tags:
            if tag in OWN_TAGS:
                yield CrossCheck(("tags", tag), "a tag that is set for every resource", "another key")


class Account(Strict):
    """What all environments share (`environments/account.yaml`)."""

    profile: Name = Field(description="section of the Databricks configuration file that says which account")
    metastore_id: Uuid = Field(description="the region's metastore, to which every workspace is assigned")
    state: State = Field(description="where Terraform keeps the state of the account's stack")


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
