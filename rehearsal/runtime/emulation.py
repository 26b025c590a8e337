"""What the stand-in Databricks Runtime says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Databricks Runtime",
    summary="A task's process: its wheel first on the path, the runtime's names, its principal's credentials.",
    works=(
        "`databricks.sdk.runtime`: `spark` and `sql` (a Spark Connect session, made when it is first named), "
        "`dbutils`, `udf`, `display`, `getArgument`",
        "`dbutils.jobs.taskValues`, `dbutils.widgets`, `dbutils.notebook.exit`, `dbutils.fs` on volumes, "
        "`dbutils.secrets`",
        "`databricks.feature_engineering` with the signatures of the real package, where a task's environment asks for "
        "`databricks-feature-engineering`, as no serverless one brings it along",
        "`WorkspaceClient()` and MLflow without configuration, by a token that ends with the task",
        "Processes start in well under a second from a parent that has imported the heavy libraries",
    ),
    differs=(
        "The libraries are those of this checkout: a wheel's requirements are checked against them, never installed",
        "A task's process sees a home folder of its own and no environment variable of the workspace's",
        "Whatever PostgreSQL server a task names, libpq (psycopg) is led to that of the outside world, without TLS",
        "Widgets read the task's named parameters; there is no form to fill in",
    ),
    refused=("`sc` and `sqlContext`, as on serverless compute", "Notebooks, `%` commands and `dbutils.notebook.run`"),
)
