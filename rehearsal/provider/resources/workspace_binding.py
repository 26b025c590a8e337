"""databricks_workspace_binding: a workspace that may use an isolated securable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from rehearsal.provider.kind import Replaced, Values
from rehearsal.provider.resources.securable import ROOT

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

READ_WRITE = "BINDING_TYPE_READ_WRITE"


class WorkspaceBinding(Replaced):
    """A binding; the id is `<workspace number>|<type>|<name>`. It cannot change: another binding replaces it."""

    name = "workspace_binding"
    computed = frozenset({"securable_name"})
    defaults: ClassVar[Values] = {"securable_type": "catalog", "binding_type": READ_WRITE}
    force_new = frozenset({"workspace_id", "securable_type", "securable_name", "catalog_name", "binding_type"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Bind the workspace; one that is bound already gets this type of binding."""
        name = wanted.get("securable_name") or wanted.get("catalog_name")
        if not name:
            raise ValueError("one of securable_name, catalog_name must be set")
        number = int(wanted["workspace_id"])
        identifier = f"{number}|{wanted['securable_type']}|{name}"
        binding = {"workspace_id": number, "binding_type": wanted["binding_type"]}
        api.do("PATCH", _path(identifier), body={"add": [binding]})
        return identifier

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The binding, if the securable has it."""
        from databricks.sdk.errors import NotFound

        number, securable_type, name = identifier.split("|")
        answer = api.do("GET", _path(identifier))
        assert isinstance(answer, dict)
        for binding in answer.get("bindings", []):
            if binding["workspace_id"] == int(number):
                return {
                    "workspace_id": int(number),
                    "securable_type": securable_type,
                    "securable_name": name,
                    "binding_type": binding.get("binding_type", READ_WRITE),
                }
        raise NotFound(f"{name} has no binding to workspace {number}", error_code="NOT_FOUND")

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Unbind the workspace."""
        binding = {"workspace_id": int(identifier.split("|")[0]), "binding_type": known["binding_type"]}
        api.do("PATCH", _path(identifier), body={"remove": [binding]})


def _path(identifier: str) -> str:
    _, securable_type, name = identifier.split("|")
    return f"{ROOT}/bindings/{securable_type}/{quote(name)}"
