"""HTTP of functions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, functions
from rehearsal.workspace.unity_catalog.changes import shown
from rehearsal.workspace.unity_catalog.pages import page
from rehearsal.workspace.unity_catalog.privileges import FUNCTION, SCHEMA

router = APIRouter(prefix="/api/2.1/unity-catalog/functions")


@router.get("")
def list_functions(
    catalog_name: str,
    schema_name: str,
    call: CallDep,
    include_browse: bool = False,
    max_results: int | None = None,
    page_token: str | None = None,
) -> dict[str, Any]:
    """Functions of a schema that the caller may know of."""
    schema = f"{catalog_name}.{schema_name}"
    with call.store.transaction() as tx:
        access.require_visible(tx, call.principal, SCHEMA, schema)
        found = access.shown_within(tx, call.principal, FUNCTION, schema, include_browse)
    return page("functions", [shown(*one) for one in found], max_results, page_token)


@router.post("")
def create_function(body: Body, call: CallDep) -> dict[str, Any]:
    """A new function that belongs to the caller."""
    wanted = body.get("function_info")
    if not isinstance(wanted, dict):
        raise invalid("function_info is missing.")
    with call.store.transaction() as tx:
        return functions.create(tx, call.principal, wanted).as_dict()


@router.get("/{full_name}")
def get_function(full_name: str, call: CallDep, include_browse: bool = False) -> dict[str, Any]:
    """One function with its definition."""
    with call.store.transaction() as tx:
        browse_only = access.require_shown(tx, call.principal, FUNCTION, full_name, include_browse)
        return shown(functions.find(tx, full_name).as_dict(), browse_only)


@router.patch("/{full_name}")
def update_function(full_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Change a function's owner."""
    with call.store.transaction() as tx:
        return functions.update(tx, call.principal, full_name, body).as_dict()


@router.delete("/{full_name}")
def delete_function(full_name: str, call: CallDep, force: bool = False) -> dict[str, Any]:
    """Drop a function; nothing depends on one here, so `force` has nothing to overcome."""
    with call.store.transaction() as tx:
        functions.delete(tx, call.principal, full_name)
    return {}
