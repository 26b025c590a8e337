"""databricks_secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Replaced, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/secrets"
SEPARATOR = "|||"


class Secret(Replaced):
    """A secret; the id is `<scope>|||<key>`. Its value is never read, so another value by hand is no drift."""

    name = "secret"
    force_new = frozenset({"scope", "key", "string_value"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Store it."""
        api.do("POST", f"{ROOT}/put", body=self.document(wanted, "scope", "key", "string_value"))
        return f"{wanted['scope']}{SEPARATOR}{wanted['key']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """When it was changed, and how clusters refer to it."""
        from databricks.sdk.errors import NotFound

        scope, key = identifier.split(SEPARATOR)
        answer = api.do("GET", f"{ROOT}/list", query={"scope": scope})
        assert isinstance(answer, dict)
        for secret in answer.get("secrets", []):
            if secret["key"] == key:
                changed_at = secret["last_updated_timestamp"]
                reference = f"{{{{secrets/{scope}/{key}}}}}"
                return {"scope": scope, "key": key, "last_updated_timestamp": changed_at, "config_reference": reference}
        raise NotFound(f"there is no secret {key} in {scope}", error_code="NOT_FOUND")

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it."""
        scope, key = identifier.split(SEPARATOR)
        api.do("POST", f"{ROOT}/delete", body={"scope": scope, "key": key})
