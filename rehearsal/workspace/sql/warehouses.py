"""SQL warehouses. All share the one Spark server; what is real about each is its permissions, state and settings."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from databricks.sdk.service.sql import GetWarehouseResponse, OdbcParams, SpotInstancePolicy

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.store import Transaction

KIND, OBJECT_TYPE = "warehouse", "warehouses"
Json = dict[str, Any]
_SIZES = ("2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large")
# What the caller leaves out, Databricks fills in: https://docs.databricks.com/api/azure/workspace/warehouses/create
_DEFAULTS = GetWarehouseResponse(
    auto_stop_mins=120,
    enable_photon=True,
    enable_serverless_compute=True,
    min_num_clusters=1,
    max_num_clusters=1,
    spot_instance_policy=SpotInstancePolicy.COST_OPTIMIZED,
).as_dict() | {"warehouse_type": "PRO"}
_READ_ONLY = {"id", "creator_name", "state", "health", "num_clusters", "num_active_sessions", "jdbc_url", "odbc_params"}
_EDITABLE = frozenset(GetWarehouseResponse.__dataclass_fields__) - _READ_ONLY


def create(tx: Transaction, call: Call, body: Json) -> str:
    """Make a warehouse; its id. Raises DatabricksError 400 for a bad or taken name."""
    settings = _checked(body)
    if not settings.get("name"):
        raise invalid("A warehouse needs a name.")
    if any(other["name"] == settings["name"] for other in tx.list(KIND, f"{call.workspace}/")):
        raise invalid(f"Warehouse with name {settings['name']} already exists.")
    warehouse_id = secrets.token_hex(8)
    found = {**_DEFAULTS, **settings, "id": warehouse_id, "creator_name": call.principal.name, "state": "RUNNING"}
    tx.put(KIND, _key(call, warehouse_id), found)
    acl.set_owner(tx, call.workspace, OBJECT_TYPE, warehouse_id, call.principal.name)
    return warehouse_id


def get(tx: Transaction, call: Call, warehouse_id: str, level: str) -> Json:
    """The warehouse, if the caller holds the level. Raises DatabricksError 404, 403."""
    found = tx.get(KIND, _key(call, warehouse_id))
    if found is None:
        raise not_found(f"The specified warehouse {warehouse_id} was not found.")
    acl.require_level(tx, call.principal, call.workspace, OBJECT_TYPE, warehouse_id, level)
    return _shown(call, found)


def visible(tx: Transaction, call: Call) -> list[Json]:
    """Warehouses on which the caller holds any level."""
    return [
        _shown(call, found)
        for found in tx.list(KIND, f"{call.workspace}/")
        if acl.has_level(tx, call.principal, call.workspace, OBJECT_TYPE, found["id"], "CAN_VIEW")
    ]


def edit(tx: Transaction, call: Call, warehouse_id: str, body: Json) -> None:
    """Change settings; the rest stays."""
    get(tx, call, warehouse_id, "CAN_MANAGE")
    stored = tx.get(KIND, _key(call, warehouse_id)) or {}
    tx.put(KIND, _key(call, warehouse_id), {**stored, **_checked(body)})


def delete(tx: Transaction, call: Call, warehouse_id: str) -> None:
    """Remove the warehouse and its permissions."""
    get(tx, call, warehouse_id, "CAN_MANAGE")
    tx.delete(KIND, _key(call, warehouse_id))
    acl.forget(tx, call.workspace, OBJECT_TYPE, warehouse_id)


def set_state(tx: Transaction, call: Call, warehouse_id: str, state: str) -> None:
    """Start or stop; who may use a warehouse may do so."""
    get(tx, call, warehouse_id, "CAN_USE")
    stored = tx.get(KIND, _key(call, warehouse_id)) or {}
    tx.put(KIND, _key(call, warehouse_id), {**stored, "state": state})


def _shown(call: Call, found: Json) -> Json:
    """As it is answered, with its addresses for drivers: Terraform's provider looks for them in every answer."""
    host = urlsplit(call.platform.host(call.workspace))
    path = f"/sql/1.0/warehouses/{found['id']}"
    return {
        **found,
        "num_clusters": int(found["state"] == "RUNNING"),
        "num_active_sessions": 0,
        "jdbc_url": f"jdbc:spark://{host.netloc}/default;transportMode=http;AuthMech=3;httpPath={path};",
        "odbc_params": OdbcParams(host.hostname, path, host.port, host.scheme).as_dict(),
    }


def _checked(body: Json) -> Json:
    size = body.get("cluster_size")
    if size is not None and size not in _SIZES:
        raise invalid(f"cluster_size is '{size}'; expected one of {', '.join(_SIZES)}.")
    return {name: value for name, value in body.items() if name in _EDITABLE}


def _key(call: Call, warehouse_id: str) -> str:
    return f"{call.workspace}/{warehouse_id}"
