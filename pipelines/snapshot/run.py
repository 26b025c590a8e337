"""Snapshot: tables of another environment, at their newest versions, replace those of this one, in part and masked.

All tables are found before one is written, and each is replaced by one commit. A table's own history says what it is a
copy of: while that is its newest commit, and the source has no newer one, it is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import mlflow
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from environments import names
from environments.settings import Environment, TableContract, load_environment
from environments.snapshot import SnapshotTable
from pipelines.conflicts import despite_conflicts
from pipelines.errors import PipelineError
from pipelines.features import origin
from pipelines.snapshot.copy import copied
from pipelines.snapshot.key import fingerprint, mask_key
from pipelines.tables import read_version, session
from pipelines.task import Task, log, run_stage
from pipelines.training.record import log_inputs

KIND = "snapshot"


@dataclass(frozen=True)
class Copy:
    """A table to be copied: from where, at which version, to where, how."""

    name: str
    contract: TableContract
    settings: SnapshotTable
    source: str
    found: origin.Source
    target: str

    def description(self, code_version: str, key: str) -> str:
        """All that decides which rows the copy has."""
        masks = ",".join(f"{column}:{mask}" for column, mask in sorted(self.settings.masked.items()))
        keyed = f" key={fingerprint(key)}" if "hash" in self.settings.masked.values() else ""
        how = f"{code_version} sample={self.settings.sample} masked={masks}{keyed}"
        return origin.describe(how, {self.source: self.found})


def take_snapshot(task: Task) -> None:
    """Find all tables, copy those that are not up to date, log what was copied."""
    spark, workspace, model = session(), WorkspaceClient(), task.model
    if task.environment.snapshot_of is None or model.snapshot is None:
        raise PipelineError("settings", "no snapshot", "snapshot_of in the environment and snapshot in the model")
    other = load_environment(task.environment.snapshot_of)
    copies = [_find(task, spark, workspace, other, name, settings) for name, settings in model.snapshot.tables.items()]
    key = mask_key(workspace, task.environment)
    written = [copy for copy in copies if _write(spark, copy, task.code_version, key)]
    if written:
        _log(task, spark, other, written)


def _find(
    task: Task, spark: SparkSession, workspace: WorkspaceClient, other: Environment, name: str, settings: SnapshotTable
) -> Copy:
    """The table as it is there. Raises PipelineError where it is missing, may not be read, or is another."""
    source, contract = names.copied_table(other, task.model, name), task.model.copied()[name]
    try:
        found = origin.source(spark, workspace, source)
        columns = {column.name for column in workspace.tables.get(source).columns or []}
    except NotFound as error:
        raise PipelineError(
            f"table {source}", "no such table", f"one that the deployment of {other.name} made"
        ) from error
    except PermissionDenied as error:
        jobs = names.service_principal(task.environment)
        raise PipelineError(f"table {source}", f"a refusal ({error})", f"SELECT for {jobs}") from error
    missing = [column for column in contract.columns if column not in columns]
    if missing:
        raise PipelineError(f"table {source}", f"no column {', '.join(missing)}", "the columns of the model's settings")
    return Copy(name, contract, settings, source, found, names.copied_table(task.environment, task.model, name))


def _write(spark: SparkSession, copy: Copy, code_version: str, key: str) -> bool:
    description = copy.description(code_version, key)
    if origin.is_made_of(spark, copy.target, description):
        log.info("%s: a copy of version %d of %s already", copy.target, copy.found.version, copy.source)
        return False
    rows = copied(read_version(spark, copy.source, copy.found.version), copy.contract, copy.settings, key)
    despite_conflicts(lambda: rows.writeTo(copy.target).overwrite(F.lit(True)))
    origin.record(spark, copy.target, description)
    log.info("%s: copied from version %d of %s", copy.target, copy.found.version, copy.source)
    return True


def _log(task: Task, spark: SparkSession, other: Environment, written: list[Copy]) -> None:
    mlflow.set_experiment(names.experiment(task.environment, task.model))
    tags = {"code_version": task.code_version, "kind": KIND}
    with mlflow.start_run(run_name=f"snapshot {task.model.name}", tags=tags):
        log_inputs({copy.source: copy.found.version for copy in written}, context=KIND)
        mlflow.log_params(
            {"snapshot_of": other.name, **{f"{copy.name}_sample": copy.settings.sample for copy in written}}
        )
        mlflow.log_metrics({f"{copy.name}_rows": spark.table(copy.target).count() for copy in written})


def main() -> None:
    """Entry point of the wheel."""
    run_stage("snapshot", take_snapshot)
