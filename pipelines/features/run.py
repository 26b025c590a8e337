"""Features: compute the model's feature tables from its bronze tables and merge them by primary key."""

from __future__ import annotations

from databricks.sdk import WorkspaceClient
from pyspark.sql import DataFrame

from environments import names
from pipelines.features.primary_keys import declare_primary_key
from pipelines.tables import session
from pipelines.task import Task, log, run_stage


def compute_features(task: Task) -> None:
    """Declare primary keys where missing, then compute and write each feature table."""
    from databricks.feature_engineering import FeatureEngineeringClient

    spark = session()
    workspace, client = WorkspaceClient(), FeatureEngineeringClient()

    def read(table: str) -> DataFrame:
        return spark.table(names.source_table(task.environment, task.model, table))

    for table, contract in task.model.feature_tables.items():
        full_name = names.feature_table(task.environment, task.model, table)
        if declare_primary_key(workspace, full_name, contract):
            log.info("%s: primary key %s declared", full_name, ", ".join(contract.primary_key))
        client.write_table(name=full_name, df=task.code.FEATURES[table](read).select(*contract.columns), mode="merge")
        log.info("%s: %d rows", full_name, spark.table(full_name).count())


def main() -> None:
    """Entry point of the wheel."""
    run_stage("features", compute_features)
