"""The predictions table goes to the online store, where the newest prediction of each key is looked up by it.

The table is merged by its primary key, so that it has the newest prediction of each already; where a time column is
part of the key, publishing takes the latest by that.
"""

from __future__ import annotations

from databricks.sdk import WorkspaceClient

from environments import names
from pipelines.features.primary_keys import declare_primary_key
from pipelines.features.publish import put_online
from pipelines.task import Task, log, run_stage


def publish(task: Task) -> None:
    """Declare the primary key where missing, then publish what is not online yet. A repetition changes nothing."""
    contract, table = task.model.predictions, names.prediction_table(task.environment, task.model)
    if declare_primary_key(WorkspaceClient(), table, contract):
        log.info("%s: primary key %s declared", table, ", ".join(contract.primary_key))
    put_online(task, [task.model.batch.table])


def main() -> None:
    """Entry point of the wheel."""
    run_stage("predictions_online", publish)
