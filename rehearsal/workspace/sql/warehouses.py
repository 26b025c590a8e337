"""SQL warehouses: definitions only, since one warm Spark server does the work of them all.

https://docs.databricks.com/api/azure/workspace/warehouses
"""

from __future__ import annotations

import secrets

from databricks.sdk.service.sql import EndpointInfo, OdbcParams, State

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Body, Transaction

KIND = "sql_warehouse"
_TYPE = "warehouses"
_DEFAULTS: Body = {
    "cluster_size": "2X-Small",
    "auto_stop_mins": 120,
    "min_num_clusters": 1,
    "max_num_clusters": 1,
    "enable_photon": True,
    "enable_serverless_compute": True,
    "warehouse_type": "PRO",
    "spot_instance_policy": "COST_OPTIMIZED",
}


def create(tx: Transaction, call: Call, wanted: Body) -> str:
    """Make a warehouse, started, and return its id. Raises DatabricksError 400."""
    info = EndpointInfo.from_dict({**_DEFAULTS, **{key: value for key, value in wanted.items() if value is not None}})
    if not info.name:
        raise invalid("Warehouse name is required.")
    if any(body["name"] == info.name for body in tx.list(KIND, f"{call.workspace}/")):
        raise invalid(f"Warehouse with name `{info.name}` already exists", "RESOURCE_ALREADY_EXISTS")
    info.id = secrets.token_hex(8)
    info.creator_name = call.principal.name
    info.state = State.RUNNING
    info.num_clusters = 1
    info.odbc_params = OdbcParams(
        hostname="127.0.0.1",
        path=f"/sql/1.0/warehouses/{info.id}",
        port=call.platform.ports.http(call.workspace),
        protocol="https",
    )
    tx.put(KIND, f"{call.workspace}/{info.id}", info.as_dict())
    acl.set_owner(tx, call.workspace, _TYPE, info.id, call.principal.name)
    return info.id


def find(tx: Transaction, call: Call, warehouse_id: str, level: str = "CAN_VIEW") -> Body:
    """The warehouse, provided that the caller holds this level on it. Raises DatabricksError 403 or 404."""
    body = tx.get(KIND, f"{call.workspace}/{warehouse_id}")
    if body is None:
        raise not_found(f"SQL warehouse with id {warehouse_id} does not exist.")
    acl.require_level(tx, call.principal, call.workspace, _TYPE, warehouse_id, level)
    return body


def visible(tx: Transaction, call: Call) -> list[Body]:
    """Warehouses that the caller may see."""
    return [
        body
        for body in tx.list(KIND, f"{call.workspace}/")
        if acl.has_level(tx, call.principal, call.workspace, _TYPE, body["id"], "CAN_VIEW")
    ]


def edit(tx: Transaction, call: Call, warehouse_id: str, wanted: Body) -> None:
    """Change what is given. Raises DatabricksError 403 or 404."""
    body = find(tx, call, warehouse_id, "CAN_MANAGE")
    changes = EndpointInfo.from_dict(wanted).as_dict()
    tx.put(KIND, f"{call.workspace}/{warehouse_id}", {**body, **changes, "id": warehouse_id})


def set_state(tx: Transaction, call: Call, warehouse_id: str, state: State) -> None:
    """Start or stop; both take effect at once. Raises DatabricksError 403 or 404."""
    body = find(tx, call, warehouse_id, "CAN_MONITOR")
    tx.put(KIND, f"{call.workspace}/{warehouse_id}", {**body, "state": state.value})


def delete(tx: Transaction, call: Call, warehouse_id: str) -> None:
    """Delete. Raises DatabricksError 403 or 404."""
    find(tx, call, warehouse_id, "CAN_MANAGE")
    tx.delete(KIND, f"{call.workspace}/{warehouse_id}")
    acl.forget(tx, call.workspace, _TYPE, warehouse_id)
