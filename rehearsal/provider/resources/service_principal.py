"""databricks_service_principal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.kind import Kind, Values
from rehearsal.provider.resources.account_level import scim_path

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

COLLECTION = "ServicePrincipals"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"
ENTITLEMENTS = {
    "allow_cluster_create": "allow-cluster-create",
    "allow_instance_pool_create": "allow-instance-pool-create",
    "databricks_sql_access": "databricks-sql-access",
    "workspace_access": "workspace-access",
    "workspace_consume": "workspace-consume",
}


class ServicePrincipal(Kind):
    """An identity without a person, of the account or of a workspace.

    Its application id is its name in grants, owners and run-as.
    """

    name = "service_principal"
    computed = frozenset({"application_id", "display_name", "home", "repos", "acl_principal_id"})
    defaults: ClassVar[Values] = {"active": True}
    force_new = frozenset({"application_id"})
    quiet = frozenset({"external_id"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create; the workspace chooses the application id when there is none."""
        answer = api.do("POST", scim_path(api, COLLECTION), body=_scim(wanted))
        assert isinstance(answer, dict)
        return str(answer["id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The identity, its entitlements, and the names that follow from its application id."""
        answer = api.do("GET", f"{scim_path(api, COLLECTION)}/{identifier}")
        assert isinstance(answer, dict)
        application_id = answer["applicationId"]
        entitled = {entitlement["value"] for entitlement in answer.get("entitlements", [])}
        return {
            "application_id": application_id,
            "display_name": answer.get("displayName"),
            "active": answer.get("active", False),
            "external_id": answer.get("externalId"),
            "home": f"/Users/{application_id}",
            "repos": f"/Repos/{application_id}",
            "acl_principal_id": f"servicePrincipals/{application_id}",
            **{name: value in entitled for name, value in ENTITLEMENTS.items()},
        }

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace the whole identity, as SCIM's PUT does."""
        api.do("PUT", f"{scim_path(api, COLLECTION)}/{identifier}", body=_scim(wanted))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete the identity."""
        api.do("DELETE", f"{scim_path(api, COLLECTION)}/{identifier}")


def _scim(wanted: Values) -> Values:
    body = {
        "schemas": [SCHEMA],
        "applicationId": wanted.get("application_id"),
        "displayName": wanted.get("display_name"),
        "active": wanted["active"],
        "externalId": wanted.get("external_id"),
        "entitlements": [{"value": value} for name, value in ENTITLEMENTS.items() if wanted.get(name)],
    }
    return {name: value for name, value in body.items() if value not in (None, [])}
