"""HTTP of system schemas: `access` is enabled from the start."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import SystemSchemaInfo
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.system_tables.schemas import SCHEMA
from rehearsal.workspace.unity_catalog import access, securables, storage
from rehearsal.workspace.unity_catalog.privileges import MANAGE, METASTORE

router = APIRouter(prefix="/api/2.1/unity-catalog/metastores/{metastore_id}/systemschemas")


@router.get("")
def list_system_schemas(metastore_id: str, call: CallDep) -> dict[str, Any]:
    """The system schemas there are, for administrators of the metastore."""
    _require_administrator(call, metastore_id)
    return {"schemas": [SystemSchemaInfo(schema=SCHEMA, state="ENABLE_COMPLETED").as_dict()]}


@router.put("/{schema_name}")
def enable_system_schema(metastore_id: str, schema_name: str, call: CallDep) -> dict[str, Any]:
    """Enable a schema: done already for the one that is there."""
    _require_administrator(call, metastore_id)
    _require_known(schema_name)
    return {}


@router.delete("/{schema_name}")
def disable_system_schema(metastore_id: str, schema_name: str, call: CallDep) -> dict[str, Any]:
    """Refused: audit cannot be turned off."""
    _require_administrator(call, metastore_id)
    _require_known(schema_name)
    raise invalid(f"System schema '{schema_name}' cannot be disabled.")


def _require_administrator(call: Call, metastore_id: str) -> None:
    if metastore_id != storage.METASTORE_ID:
        raise not_found(f"Metastore '{metastore_id}' does not exist.", "METASTORE_DOES_NOT_EXIST")
    with call.store.transaction() as tx:
        access.require(tx, call.principal, METASTORE, securables.METASTORE_KEY, MANAGE)


def _require_known(schema_name: str) -> None:
    if schema_name != SCHEMA:
        raise not_found(f"System schema '{schema_name}' is not available.", "SCHEMA_DOES_NOT_EXIST")
