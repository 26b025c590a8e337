"""HTTP of online stores and what is published to them (databricks-sdk's `feature_store`; `database` for its status)."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.ml import ListOnlineStoresResponse, PublishTableResponse
from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.online_store import databases, lifecycle, online_tables, pipelines, stores, synced_tables
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access
from rehearsal.workspace.unity_catalog.privileges import TABLE

router = APIRouter()
API = "/api/2.0/feature-store"
_PAGE = 100


@router.post(API + "/online-stores")
def create_online_store(body: Body, call: CallDep) -> dict[str, Any]:
    """A new store, ready to be published to."""
    return stores.create(call, lifecycle.postgres, body).as_dict()


@router.get(API + "/online-stores")
def list_online_stores(call: CallDep, page_size: int = _PAGE, page_token: str = "") -> dict[str, Any]:
    """The workspace's stores."""
    if page_size < 1:
        raise invalid(f"page_size must be positive; found {page_size}.")
    with call.store.transaction() as tx:
        known = stores.list_all(tx, call.workspace)
    rest = [stored for stored in known if stored["name"] > page_token]
    more = rest[page_size - 1]["name"] if len(rest) > page_size else None
    page = [stores.shown(stored) for stored in rest[:page_size]]
    return ListOnlineStoresResponse(next_page_token=more, online_stores=page).as_dict()


@router.get(API + "/online-stores/{name}")
def get_online_store(name: str, call: CallDep) -> dict[str, Any]:
    """One store."""
    with call.store.transaction() as tx:
        return stores.shown(stores.find(tx, call.workspace, name)).as_dict()


@router.patch(API + "/online-stores/{name}")
def update_online_store(name: str, body: Body, call: CallDep, update_mask: str = "") -> dict[str, Any]:
    """Change a store's capacity."""
    with call.store.transaction() as tx:
        return stores.update(tx, call, name, body, update_mask).as_dict()


@router.delete(API + "/online-stores/{name}")
def delete_online_store(name: str, call: CallDep) -> dict[str, Any]:
    """Delete a store that holds no tables any more."""
    with call.store.transaction() as tx:
        stores.require_manager(call, stores.find(tx, call.workspace, name))
        held = online_tables.forget_dropped(tx, online_tables.of_store(tx, call.workspace, name))
        if held:
            raise invalid(f"Online store '{name}' still holds online tables: {', '.join(held)}. Delete them first.")
        gone = stores.delete(tx, call, name)
    databases.remove(lifecycle.postgres(), gone.database, gone.role)
    return {}


@router.post(API + "/tables/{source_table_name}/publish")
def publish_table(source_table_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Accept a publication and start its pipeline, whose state `database.get_synced_database_table` tells."""
    stored = online_tables.publish(call, source_table_name, body.get("publish_spec") or {})
    lifecycle.refresher().refresh(stored)
    return PublishTableResponse(online_table_name=stored["name"], pipeline_id=stored["pipeline_id"]).as_dict()


@router.delete(API + "/online-tables/{online_table_name}")
def delete_online_table(online_table_name: str, call: CallDep) -> dict[str, Any]:
    """Drop an online table with its rows."""
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, TABLE, online_table_name)
        gone = online_tables.delete(tx, call, online_table_name)
    pipelines.drop(call.platform, lifecycle.postgres(), gone)
    return {}


@router.get("/api/2.0/database/synced_tables/{name}")
def get_synced_database_table(name: str, call: CallDep) -> dict[str, Any]:
    """How the synchronisation of an online table goes."""
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, TABLE, name)
        stored = online_tables.find(tx, name)
        database = stores.access_of(stores.find(tx, stored["workspace"], stored["store"])).database
        try:
            source = online_tables.source(tx, call.principal, stored["source"])
            keys, time = source.keys, source.time
        except DatabricksError:  # he may see the online table, not the table that it comes from
            keys, time = (), None
    return synced_tables.shown(stored, database, keys, time).as_dict()
