"""Grants on a securable, and the effective access of anyone to it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rehearsal.workspace.context import ACCOUNT, EVERYBODY
from rehearsal.workspace.errors import denied, not_found
from rehearsal.workspace.identity import directory, principals
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.ui import catalog, effective_access
from rehearsal.workspace.ui.effective_access import Explained
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Viewer, ViewerDep, attempt
from rehearsal.workspace.unity_catalog import access, grants, securables

router = APIRouter(route_class=PageRoute)


@router.get("/ui/access/{kind}/{full_name}")
def show(viewer: ViewerDep, kind: str, full_name: str, principal: str = "") -> HTMLResponse:
    """Who holds what, and why the chosen principal may or may not; the viewer himself unless told."""
    chosen = principal.strip() or viewer.principal.name
    securable_type = grants.kind_of(kind).lower()
    held = viewer.client.grants.get_effective(securable_type, full_name)
    return viewer.page(
        "access.html.j2",
        title=f"Access to {full_name}",
        kind=kind,
        full_name=full_name,
        address=catalog.address_of(kind, full_name),
        held=held.privilege_assignments or [],
        chosen=chosen,
        everybody=attempt(lambda: _everybody(viewer)).value or [viewer.principal.name],
        explained=attempt(lambda: _explained(viewer, kind, full_name, chosen)),
        tree=catalog.tree(viewer, full_name),
        shown=full_name,
    )


def _explained(viewer: Viewer, kind: str, full_name: str, chosen: str) -> list[Explained]:
    """As the permissions API has it: who may not manage the object learns of his own access only."""
    securable = grants.kind_of(kind)
    with viewer.platform.store.transaction() as tx:
        access.require_visible(tx, viewer.principal, securable, full_name)
        if chosen != viewer.principal.name and not access.manages(tx, viewer.principal, securable, full_name):
            raise denied("Only who may manage the object can see other people's access to it.")
        chain = securables.chain(tx, securable, full_name)
        names = _names(tx, viewer.workspace, chosen)
    return effective_access.explain(names, chain, workspace_id(viewer.workspace))


def _names(tx: Transaction, workspace: str, chosen: str) -> frozenset[str]:
    """Every name under which a grant reaches the principal or group. Raises DatabricksError 404."""
    group = directory.by_name(tx, "group", chosen)
    if group is None:
        if not principals.exists(tx, chosen):
            raise not_found(f"Could not find principal with name {chosen}")
        return frozenset({EVERYBODY}) if chosen == EVERYBODY else principals.load(tx, chosen, workspace).names
    above = (outer["displayName"] for outer in directory.groups_of(tx, group["id"]))
    return frozenset({chosen, EVERYBODY, *above})


def _everybody(viewer: Viewer) -> list[str]:
    """Names to choose from."""
    client: Any = viewer.client
    if viewer.workspace == ACCOUNT:
        return [viewer.principal.name]
    users = [str(user.user_name) for user in client.users_v2.list(attributes="userName")]
    groups = [str(group.display_name) for group in client.groups_v2.list(attributes="displayName")]
    robots = [str(robot.application_id) for robot in client.service_principals_v2.list(attributes="applicationId")]
    return [*sorted(users), *sorted(groups), *sorted(robots)]
