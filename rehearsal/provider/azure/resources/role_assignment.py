"""azurerm_role_assignment."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.azure.fields import At, Field, Local
from rehearsal.provider.azure.places import Below
from rehearsal.provider.azure.resource import AzureResource
from rehearsal.provider.kind import Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient

PROVIDER = "providers/Microsoft.Authorization"


class RoleAssignment(AzureResource):
    """A role of a principal on a scope. Its name is a number that the provider chooses."""

    name = "role_assignment"
    place = Below("scope", f"{PROVIDER}/roleAssignments")
    computed = frozenset({"name", "role_definition_id", "role_definition_name", "principal_type"}) | {
        "condition_version"
    }
    force_new = frozenset({"principal_id", "role_definition_id", "role_definition_name", "principal_type"})
    quiet = frozenset({"skip_service_principal_aad_check"})
    fields: ClassVar[dict[str, Field]] = {
        "principal_id": At("properties.principalId"),
        "principal_type": At("properties.principalType"),
        "role_definition_id": At("properties.roleDefinitionId"),
        "role_definition_name": Local(),
        "description": At("properties.description"),
        "condition": At("properties.condition"),
        "condition_version": At("properties.conditionVersion"),
        "skip_service_principal_aad_check": Local(),
    }

    def create(self, api: ArmClient, wanted: Values) -> str:
        """Create it; a role that is given by name is looked up."""
        role = wanted.get("role_definition_id") or self._role_id(api, wanted)
        name = wanted.get("name") or str(uuid.uuid4())
        return super().create(api, {**wanted, "name": name, "role_definition_id": role})

    def read(self, api: ArmClient, identifier: str, known: Values) -> Values:
        """The assignment with the name of its role."""
        found = super().read(api, identifier, known)
        role = api.get(f"{found['scope']}/{PROVIDER}/roleDefinitions/{found['role_definition_id'].rpartition('/')[2]}")
        return {**found, "role_definition_name": role["properties"]["roleName"]}

    def _role_id(self, api: ArmClient, wanted: Values) -> str:
        name = wanted["role_definition_name"]
        query = {"$filter": f"roleName eq '{name}'"}
        roles = api.get(f"{wanted['scope']}/{PROVIDER}/roleDefinitions", **query)["value"]
        if len(roles) != 1:
            raise ValueError(f"loading Role Definition List: could not find role '{name}'")
        return str(roles[0]["id"])
