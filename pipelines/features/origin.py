"""What a feature table was made of: recorded in its own history, so that nothing is computed twice of the same.

After its rows are written, a feature table gets a property that names the code and each source table at its Delta
version. As long as that is its newest commit, its rows are what that code makes of those versions. Any later commit,
whoever made it, ends this, and the table is computed again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from pyspark.sql import SparkSession

from pipelines.conflicts import despite_conflicts
from pipelines.tables import delta_version, newest_commit

PROPERTY = "understudy.made_of"
OPERATION = "SET TBLPROPERTIES"


@dataclass(frozen=True)
class Source:
    """A source table at a Delta version; the id tells it from a table of its name that was dropped."""

    table_id: str
    version: int


def source(spark: SparkSession, workspace: WorkspaceClient, table: str) -> Source:
    """A table as it is now."""
    return at_version(workspace, table, delta_version(spark, table))


def at_version(workspace: WorkspaceClient, table: str, version: int) -> Source:
    """A table as it was at a version that has been read."""
    return Source(workspace.tables.get(table).table_id or "", version)


def describe(code_version: str, sources: Mapping[str, Source]) -> str:
    """One text for one code and one set of sources."""
    tables = [f"{name}#{one.table_id}@{one.version}" for name, one in sorted(sources.items())]
    return " ".join([code_version, *tables])


def is_made_of(spark: SparkSession, table: str, description: str) -> bool:
    """Is the table's newest commit the one that says so."""
    commit = newest_commit(spark, table)
    if commit["operation"] != OPERATION:
        return False
    properties = json.loads((commit["operationParameters"] or {}).get("properties") or "{}")
    return bool(properties.get(PROPERTY) == description)


def record(spark: SparkSession, table: str, description: str) -> None:
    """Say what the table is made of; to be called when its rows are written, not before."""
    literal = description.replace("\\", "\\\\").replace("'", "\\'")
    statement = f"ALTER TABLE {table} SET TBLPROPERTIES ('{PROPERTY}' = '{literal}')"
    despite_conflicts(lambda: spark.sql(statement).collect())
