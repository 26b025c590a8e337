"""Features: make the on-demand functions, compute the feature tables from bronze tables, merge them by primary key.

A table whose sources and code are those that it was made of is left as it is. Any other is made anew, and rows that are
made no more, as a source was corrected or the code is another, are deleted.
"""

from __future__ import annotations

import threading

from databricks.sdk import WorkspaceClient
from pyspark.sql import DataFrame, SparkSession

from environments import names
from pipelines.at_once import at_once
from pipelines.errors import PipelineError
from pipelines.features import origin
from pipelines.features.functions import ensure
from pipelines.features.primary_keys import declare_primary_key
from pipelines.tables import merge, read_version, session
from pipelines.task import Task, log, run_stage


class Versions:
    """The Delta version that each source table had when it was first asked for, whoever asked."""

    def __init__(self, spark: SparkSession, workspace: WorkspaceClient) -> None:
        self._spark, self._workspace = spark, workspace
        self._seen: dict[str, origin.Source] = {}
        self._one_asks = threading.Lock()

    def of(self, name: str) -> origin.Source:
        """The table's."""
        with self._one_asks:
            if name not in self._seen:
                self._seen[name] = origin.source(self._spark, self._workspace, name)
            return self._seen[name]


class Sources:
    """Reads source tables for one feature table, and remembers which."""

    def __init__(self, task: Task, spark: SparkSession, versions: Versions) -> None:
        self._task, self._spark, self._versions = task, spark, versions
        self._used: dict[str, origin.Source] = {}

    def read(self, table: str) -> DataFrame:
        """A source table's rows."""
        name = names.source_table(self._task.environment, self._task.model, table)
        self._used[name] = self._versions.of(name)
        return read_version(self._spark, name, self._used[name].version)

    def description(self) -> str:
        """What was read, and by which code."""
        return origin.describe(self._task.code_version, self._used)


def compute_features(task: Task) -> None:
    """Make functions; declare primary keys where missing; compute and write feature tables that are not up to date."""
    spark, workspace = session(), WorkspaceClient()
    for feature, settings in task.model.on_demand_features.items():
        if feature not in task.code.ON_DEMAND:
            raise PipelineError(f"on-demand feature {feature}", "no function", "one of this name in ON_DEMAND")
        schema = names.model_schema(task.environment, task.model)
        log.info("%s: function", ensure(workspace, schema, feature, settings.comment, task.code.ON_DEMAND[feature]))
    versions = Versions(spark, workspace)
    at_once(lambda table: _write(task, spark, workspace, versions, table), task.model.feature_tables)


def _write(task: Task, spark: SparkSession, workspace: WorkspaceClient, versions: Versions, table: str) -> None:
    contract, full_name = task.model.feature_tables[table], names.feature_table(task.environment, task.model, table)
    sources = Sources(task, spark, versions)
    rows = task.code.FEATURES[table](sources.read).select(*contract.columns)
    made_of = sources.description()
    if origin.is_made_of(spark, full_name, made_of):
        log.info("%s: made of these sources by this code already", full_name)
        return
    if declare_primary_key(workspace, full_name, contract):
        log.info("%s: primary key %s declared", full_name, ", ".join(contract.primary_key))
    # not by the Feature Engineering client: its write_table deletes nothing
    merged = merge(spark, full_name, rows, contract.primary_key, whole=True)
    origin.record(spark, full_name, made_of)
    log.info("%s: %s", full_name, merged)


def main() -> None:
    """Entry point of the wheel."""
    run_stage("features", compute_features)
