"""databricks_secret_scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider import values
from rehearsal.provider.kind import Replaced, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/secrets/scopes"


class SecretScope(Replaced):
    """A scope of secrets; its id is its name. Nothing of it can change in place."""

    name = "secret_scope"
    computed = frozenset({"backend_type"})
    force_new = frozenset({"name", "backend_type", "initial_manage_principal", "keyvault_metadata"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it, with the kind of backend that follows from the configuration."""
        given = self.document(wanted, "initial_manage_principal", "keyvault_metadata")
        keyvault = given.pop("keyvault_metadata", None)
        backend = {"backend_azure_keyvault": keyvault} if keyvault else {}
        kind = "AZURE_KEYVAULT" if keyvault else "DATABRICKS"
        body = {"scope": wanted["name"], "scope_backend_type": kind, **given, **backend}
        api.do("POST", f"{ROOT}/create", body=body)
        return str(wanted["name"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The scope, from the list: the API does not tell of one alone."""
        from databricks.sdk.errors import NotFound

        answer = api.do("GET", f"{ROOT}/list")
        assert isinstance(answer, dict)
        for scope in answer.get("scopes", []):
            if scope["name"] == identifier:
                return values.shaped(self.block, scope)
        raise NotFound(f"there is no secret scope {identifier}", error_code="NOT_FOUND")

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it, with its secrets."""
        api.do("POST", f"{ROOT}/delete", body={"scope": identifier})
