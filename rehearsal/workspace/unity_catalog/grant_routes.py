"""HTTP of grants, in both spellings of the API: `permissions` and `privilege-assignments`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.context import Call
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import grants, securables
from rehearsal.workspace.unity_catalog.grants import Assignments, Change
from rehearsal.workspace.unity_catalog.privileges import METASTORE

router = APIRouter(prefix="/api/2.1/unity-catalog")


@router.get("/permissions/{securable_type}/{full_name}")
@router.get("/privilege-assignments/{securable_type}/{full_name}")
def get_grants(securable_type: str, full_name: str, call: CallDep, principal: str | None = None) -> dict[str, Any]:
    """Grants made on the object itself."""
    kind, name = _securable(securable_type, full_name)
    with call.store.transaction() as tx:
        return _assignments(grants.listed(tx, call.principal, kind, name, principal))


@router.patch("/permissions/{securable_type}/{full_name}")
def update_grants(securable_type: str, full_name: str, body: Body, call: CallDep) -> dict[str, Any]:
    """Give and take privileges."""
    kind, name = _securable(securable_type, full_name)
    # Not parsed by databricks-sdk's PermissionsChange: it drops privileges that it does not know without a word.
    wanted = [
        Change(str(change.get("principal")), tuple(change.get("add") or ()), tuple(change.get("remove") or ()))
        for change in body.get("changes") or []
    ]
    with call.store.transaction() as tx:
        held = grants.change(tx, call.principal, kind, name, wanted)
    return {} if body.get("omit_permissions_in_response") else _assignments(held)


@router.get("/effective-permissions/{securable_type}/{full_name}")
def get_effective(securable_type: str, full_name: str, call: CallDep, principal: str | None = None) -> dict[str, Any]:
    """Grants on the object and those inherited from its parents."""
    return {"privilege_assignments": _effective(call, securable_type, full_name, principal)}


@router.get("/effective-privilege-assignments/{securable_type}/{full_name}")
def list_effective(securable_type: str, full_name: str, call: CallDep, principal: str | None = None) -> dict[str, Any]:
    """The same, as the paginated call names it."""
    return {"effective_privilege_assignments": _effective(call, securable_type, full_name, principal)}


def _securable(securable_type: str, full_name: str) -> tuple[str, str]:
    kind = grants.kind_of(securable_type)
    return kind, securables.METASTORE_KEY if kind == METASTORE else full_name


def _assignments(held: Assignments) -> dict[str, Any]:
    return {
        "privilege_assignments": [{"principal": name, "privileges": privileges} for name, privileges in held.items()]
    }


def _effective(call: Call, securable_type: str, full_name: str, principal: str | None) -> list[dict[str, Any]]:
    kind, name = _securable(securable_type, full_name)
    with call.store.transaction() as tx:
        held = grants.effective(tx, call.principal, kind, name, principal)
    return [
        {
            "principal": grantee,
            "privileges": [
                {"privilege": inherited.privilege}
                | (
                    {"inherited_from_type": inherited.kind, "inherited_from_name": inherited.name}
                    if inherited.kind
                    else {}
                )
                for inherited in privileges
            ],
        }
        for grantee, privileges in held.items()
    ]
