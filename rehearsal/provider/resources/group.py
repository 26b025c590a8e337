"""databricks_group."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider.kind import Kind, Values
from rehearsal.provider.resources.account_level import scim_path
from rehearsal.provider.resources.service_principal import ENTITLEMENTS

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"


class Group(Kind):
    """A group of the account, or of a workspace. Its members are other resources, or come from outside."""

    name = "group"
    computed = frozenset({"url", "acl_principal_id"})
    defaults: ClassVar[Values] = {"force": False}
    force_new = frozenset({"display_name"})
    quiet = frozenset({"external_id"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it; with `force` take over one of that name."""
        from databricks.sdk.errors import ResourceConflict

        body = {"schemas": [SCHEMA], "displayName": wanted["display_name"], "entitlements": _entitlements(wanted)}
        if wanted.get("external_id"):
            body["externalId"] = wanted["external_id"]
        try:
            answer = api.do("POST", scim_path(api, "Groups"), body=body)
        except ResourceConflict:
            if not wanted["force"]:
                raise
            query = {"filter": f'displayName eq "{wanted["display_name"]}"'}
            found = api.do("GET", scim_path(api, "Groups"), query=query)
            assert isinstance(found, dict)
            answer = found["Resources"][0]
        assert isinstance(answer, dict)
        return str(answer["id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The group's name and entitlements."""
        answer = api.do("GET", f"{scim_path(api, 'Groups')}/{identifier}")
        assert isinstance(answer, dict)
        entitled = {entitlement["value"] for entitlement in answer.get("entitlements", [])}
        return {
            "display_name": answer["displayName"],
            "external_id": answer.get("externalId"),
            "url": f"{api._cfg.host}/#setting/accounts/groups/{identifier}",
            "acl_principal_id": f"groups/{answer['displayName']}",
            **{name: value in entitled for name, value in ENTITLEMENTS.items()},
        }

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change entitlements; members stay."""
        operation = {"op": "replace", "path": "entitlements", "value": _entitlements(wanted)}
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        body = {"schemas": schemas, "Operations": [operation]}
        api.do("PATCH", f"{scim_path(api, 'Groups')}/{identifier}", body=body)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete the group."""
        api.do("DELETE", f"{scim_path(api, 'Groups')}/{identifier}")


def _entitlements(wanted: Values) -> list[Values]:
    return [{"value": value} for name, value in ENTITLEMENTS.items() if wanted.get(name)]
