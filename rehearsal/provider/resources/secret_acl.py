"""databricks_secret_acl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider.kind import Replaced, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/secrets/acls"
SEPARATOR = "|||"


class SecretAcl(Replaced):
    """What one principal may do with the secrets of a scope; the id is `<scope>|||<principal>`."""

    name = "secret_acl"
    force_new = frozenset({"scope", "principal", "permission"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Give the permission."""
        api.do("POST", f"{ROOT}/put", body=self.document(wanted, "scope", "principal", "permission"))
        return f"{wanted['scope']}{SEPARATOR}{wanted['principal']}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The permission that the principal holds."""
        scope, principal = identifier.split(SEPARATOR)
        answer = api.do("GET", f"{ROOT}/get", query={"scope": scope, "principal": principal})
        assert isinstance(answer, dict)
        return {"scope": scope, "principal": principal, "permission": answer["permission"]}

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Take the permission away; but not the caller's own MANAGE, without which he could not go on."""
        scope, principal = identifier.split(SEPARATOR)
        if known["permission"] == "MANAGE":
            me = api.do("GET", "/api/2.0/preview/scim/v2/Me")
            assert isinstance(me, dict)
            if me["userName"] == principal:
                return
        api.do("POST", f"{ROOT}/delete", body={"scope": scope, "principal": principal})
