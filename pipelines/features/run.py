"""Features: make the on-demand functions, compute the feature tables from bronze tables, merge them by primary key.

A table whose sources and code are those that it was made of is left as it is.
"""

from __future__ import annotations

from functools import partial

from databricks.sdk import WorkspaceClient
from pyspark.sql import DataFrame, SparkSession

from environments import names
from pipelines.conflicts import despite_conflicts
from pipelines.errors import PipelineError
from pipelines.features import origin
from pipelines.features.functions import ensure
from pipelines.features.primary_keys import declare_primary_key
from pipelines.tables import read_version, session
from pipelines.task import Task, log, run_stage


class Sources:
    """Reads source tables at the Delta version that each had when it was first asked for, and remembers which."""

    def __init__(self, task: Task, spark: SparkSession, workspace: WorkspaceClient) -> None:
        self._task, self._spark, self._workspace = task, spark, workspace
        self._seen: dict[str, origin.Source] = {}
        self.used: set[str] = set()

    def read(self, table: str) -> DataFrame:
        """A source table's rows."""
        name = names.source_table(self._task.environment, self._task.model, table)
        if name not in self._seen:
            self._seen[name] = origin.source(self._spark, self._workspace, name)
        self.used.add(name)
        return read_version(self._spark, name, self._seen[name].version)

    def description(self) -> str:
        """What was read since `used` was emptied, and by which code."""
        return origin.describe(self._task.code_version, {name: self._seen[name] for name in self.used})


def compute_features(task: Task) -> None:
    """Declare primary keys where missing; compute and write each feature table that is not up to date."""
    from databricks.feature_engineering import FeatureEngineeringClient

    spark, workspace, client = session(), WorkspaceClient(), FeatureEngineeringClient()
    for feature, settings in task.model.on_demand_features.items():
        if feature not in task.code.ON_DEMAND:
            raise PipelineError(f"on-demand feature {feature}", "no function", "one of this name in ON_DEMAND")
        schema = names.model_schema(task.environment, task.model)
        log.info("%s: function", ensure(workspace, schema, feature, settings.comment, task.code.ON_DEMAND[feature]))
    sources = Sources(task, spark, workspace)
    for table, contract in task.model.feature_tables.items():
        full_name = names.feature_table(task.environment, task.model, table)
        sources.used.clear()
        rows = task.code.FEATURES[table](sources.read).select(*contract.columns)
        made_of = sources.description()
        if origin.is_made_of(spark, full_name, made_of):
            log.info("%s: made of these sources by this code already", full_name)
            continue
        if declare_primary_key(workspace, full_name, contract):
            log.info("%s: primary key %s declared", full_name, ", ".join(contract.primary_key))
        despite_conflicts(partial(client.write_table, name=full_name, df=rows, mode="merge"))
        origin.record(spark, full_name, made_of)
        log.info("%s: written", full_name)


def main() -> None:
    """Entry point of the wheel."""
    run_stage("features", compute_features)
