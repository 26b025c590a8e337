"""Microsoft.Authorization: roles that Azure has built in, and their assignments to identities."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rehearsal.workspace.arm import identities, resources
from rehearsal.workspace.arm.errors import conflict, invalid
from rehearsal.workspace.arm.resources import Change, ResourceType
from rehearsal.workspace.store import Body, Transaction

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "EventGrid EventSubscription Contributor": "428e0ff0-5e57-4d9c-a221-2c70d0e0a443",
    "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
}
_FILTER = re.compile(r"roleName eq '([^']*)'")


def role_definitions(scope: str, expression: str | None) -> list[Body]:
    """Built-in roles as seen from a scope; the filter that clients use is `roleName eq '...'`."""
    wanted = _FILTER.fullmatch(expression.strip()) if expression else None
    if expression and wanted is None:
        raise invalid(f"The filter '{expression}' is not supported.", "UnsupportedQuery")
    names = [name for name in ROLES if wanted is None or name.lower() == wanted[1].lower()]
    return [role_definition(scope, ROLES[name]) for name in names]


def role_definition(scope: str, number: str) -> Body:
    """One built-in role. Raises ArmError 400."""
    name = next((name for name, known in ROLES.items() if known == number.lower()), None)
    if name is None:
        message = f"The role definition '{number}' is none that the local Azure knows: {', '.join(ROLES)}."
        raise invalid(message, "RoleDefinitionDoesNotExist")
    subscription = "/".join(scope.split("/")[:3])
    return {
        "id": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{number}",
        "name": number,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {"roleName": name, "type": "BuiltInRole", "assignableScopes": ["/"]},
    }


def _settle(change: Change) -> None:
    properties = change.properties
    role_definition(change.id.scope, str(properties.get("roleDefinitionId", "")).rpartition("/")[2])
    principal = str(properties.get("principalId", ""))
    if identities.client_id(change.tx, principal) is None:
        message = f"Principal {principal} does not exist in the directory {change.tenant}."
        raise invalid(f"{message} The local directory has the identities of resources only.", "PrincipalNotFound")
    for other in _of_scope(change.tx, change.id.scope):
        if other["id"].lower() != change.id.key and _same(other["properties"], properties):
            raise conflict("The role assignment already exists.", "RoleAssignmentExists")
    if change.before is not None and not _same(change.before["properties"], properties):
        message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        raise invalid(message, "RoleAssignmentUpdateNotPermitted")
    properties["scope"] = change.id.scope
    change.kept("createdOn", datetime.now(UTC).isoformat())


def _of_scope(tx: Transaction, scope: str) -> list[Body]:
    found = resources.within(tx, f"{scope}/providers/{ASSIGNMENT.split('/')[0]}", ASSIGNMENT)
    return [body for body in found if body["properties"]["scope"].lower() == scope.lower()]


def _same(one: Body, other: Body) -> bool:
    role = [str(body.get("roleDefinitionId", "")).rpartition("/")[2].lower() for body in (one, other)]
    return role[0] == role[1] and one.get("principalId") == other.get("principalId")


TYPES = (ResourceType(ASSIGNMENT, settle=_settle, extension=True),)
