"""What a model server is handed for a model with a feature spec: how to read its online tables, and its functions.

It gets what the endpoint's creator may use, and nothing more; the model server looks up at each request.
https://learn.microsoft.com/azure/databricks/machine-learning/feature-store/automatic-feature-lookup
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.postgres.server import HOST
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.identity import principals
from rehearsal.workspace.online_store import databases, lifecycle, online_tables, stores
from rehearsal.workspace.serving.feature_handover import DATA, SPEC, VARIABLE
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, functions
from rehearsal.workspace.unity_catalog.privileges import FUNCTION, TABLE

_TRACING = "ENABLE_FEATURE_TRACING"


@dataclass(frozen=True)
class Reading:
    """How one feature table is read online."""

    source: str
    dsn: str
    schema: str
    table: str


def handed_over(
    platform: Platform, workspace: str, creator: str, files: Path, environment: dict[str, str]
) -> dict[str, str]:
    """Environment variables for a model server; none for a model without a feature spec.

    Raises DatabricksError where the endpoint's creator lacks SELECT on an online table or EXECUTE on a function (403),
    or where a feature table is not published (400).
    """
    if not (files / DATA / SPEC).exists():
        return {}
    if environment.get(_TRACING, "").lower() == "true":
        raise DatabricksError(
            501, "NOT_IMPLEMENTED", f"{_TRACING} (looked-up values in inference tables) is not emulated."
        )
    spec = yaml.safe_load((files / DATA / SPEC).read_text())
    sources = [name for table in spec.get("input_tables", []) for name in table]
    udfs = [name for function in spec.get("input_functions", []) for name in function]
    with platform.store.transaction() as tx:
        principal = principals.load(tx, creator, workspace)
        readings = [_reading(tx, platform, workspace, source) for source in sources]
        for source in sources:
            access.require(tx, principal, TABLE, _online(tx, workspace, source), "SELECT")
        for udf in udfs:
            access.require(tx, principal, FUNCTION, udf, "EXECUTE")
        definitions = [functions.find(tx, udf).as_dict() for udf in udfs]
    if sources:
        lifecycle.postgres()  # after a start of the workspace, the first endpoint may come before its store
    return {VARIABLE: json.dumps({"tables": [asdict(reading) for reading in readings], "functions": definitions})}


def _online(tx: Transaction, workspace: str, source: str) -> str:
    """The online table of a feature table; of several the one that was brought up to date last."""
    published = [
        stored for stored in online_tables.published_from(tx, workspace, source) if stored["version"] is not None
    ]
    if not published:
        raise invalid(
            f"Feature table '{source}' is not published to an online store: publish it before a model that looks "
            "features up in it is served."
        )
    return str(max(published, key=lambda stored: int(stored["synced_at"]))["name"])


def _reading(tx: Transaction, platform: Platform, workspace: str, source: str) -> Reading:
    stored: dict[str, Any] = online_tables.find(tx, _online(tx, workspace, source))
    held = stores.access_of(stores.find(tx, workspace, stored["store"]))
    dsn = f"host={HOST} port={platform.ports.postgres} dbname={held.database} user={held.role} password={held.password}"
    return Reading(source, dsn, databases.schema_of(stored["name"]), databases.table_of(stored["name"]))
