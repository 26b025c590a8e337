"""databricks_grants: all grants of one securable. A privilege that is not listed is taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.1/unity-catalog/permissions"
SECURABLES = {"model": "function", "foreign_connection": "connection"}  # where the API's word is not the attribute's


class Grants(Kind):
    """Grants by principal. The id is `<securable>/<full name>`, such as `schema/staging.flights`."""

    name = "grants"
    force_new = frozenset(
        {
            "catalog",
            "credential",
            "external_location",
            "foreign_connection",
            "function",
            "metastore",
            "model",
            "pipeline",
        }
        | {"recipient", "schema", "share", "storage_credential", "table", "volume"}
    )

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Replace whatever grants the securable has."""
        kind, full_name = next((name, wanted[name]) for name in sorted(self.force_new) if wanted.get(name))
        self._replace(api, f"{kind}/{full_name}", _assignments(wanted["grant"]))
        return f"{kind}/{full_name}"

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The grants; none at all means that the resource is gone, as the real provider has it."""
        from databricks.sdk.errors import NotFound

        kind, full_name = identifier.split("/", 1)
        granted = self._granted(api, identifier)
        if not granted:
            raise NotFound(f"{identifier} has no grants", error_code="NOT_FOUND")
        return {
            kind: full_name,
            "grant": [{"principal": name, "privileges": sorted(privileges)} for name, privileges in granted.items()],
        }

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace the grants."""
        self._replace(api, identifier, _assignments(wanted["grant"]))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Take all grants away."""
        self._replace(api, identifier, {})

    def _replace(self, api: ApiClient, identifier: str, wanted: dict[str, set[str]]) -> None:
        granted = self._granted(api, identifier)
        changes = []
        for principal in sorted(granted.keys() | wanted.keys()):
            before, after = granted.get(principal, set()), wanted.get(principal, set())
            if before != after:
                changes.append(
                    {"principal": principal, "add": sorted(after - before), "remove": sorted(before - after)}
                )
        if changes:
            api.do("PATCH", _path(identifier), body={"changes": changes})

    def _granted(self, api: ApiClient, identifier: str) -> dict[str, set[str]]:
        answer = api.do("GET", _path(identifier))
        assert isinstance(answer, dict)
        return _assignments(answer.get("privilege_assignments", []))


def _path(identifier: str) -> str:
    kind, full_name = identifier.split("/", 1)
    return f"{ROOT}/{SECURABLES.get(kind, kind)}/{quote(full_name)}"


def _assignments(grants: list[Values]) -> dict[str, set[str]]:
    """Privileges by principal, in the API's spelling: people also write `USE SCHEMA` and lower case."""
    return {
        grant["principal"]: {privilege.upper().replace(" ", "_") for privilege in grant.get("privileges", [])}
        for grant in grants
    }
