"""What catalogs, schemas, volumes and registered models share: REST paths, and owners that are set afterwards."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values, changed

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.1/unity-catalog"


class Securable(Kind):
    """A securable of Unity Catalog. Its id is its full name."""

    collection: ClassVar[str]  # the REST collection, such as "schemas"
    created_with: ClassVar[tuple[str, ...]]  # attributes that the create call takes
    updated_with: ClassVar[tuple[str, ...]]  # attributes that the update call takes, but the owner
    set_afterwards: ClassVar[tuple[str, ...]] = ("owner",)  # attributes that only the update call takes

    @abstractmethod
    def full_name(self, wanted: Values) -> str:
        """The full name that the attributes say."""

    def path(self, full_name: str) -> str:
        """The REST path of one securable."""
        return f"{ROOT}/{self.collection}/{quote(full_name)}"

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create without an owner: the caller becomes it."""
        api.do("POST", f"{ROOT}/{self.collection}", body=self.document(wanted, *self.created_with))
        return self.full_name(wanted)

    def finish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        """Hand over to the owner, which the create call does not take."""
        body = self.document(wanted, *self.set_afterwards)
        if body:
            api.do("PATCH", self.path(identifier), body=body)

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The securable's attributes."""
        answer = api.do("GET", self.path(identifier))
        assert isinstance(answer, dict)
        return values.shaped(self.block, answer)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change what differs: first the owner, by itself, as the API demands."""
        if changed(before, wanted, "owner") and wanted["owner"]:
            api.do("PATCH", self.path(identifier), body={"owner": wanted["owner"]})
        names = changed(before, wanted, *self.updated_with)
        if names:
            body = {name: self.cleared(name) for name in names} | self.document(wanted, *names)
            force = {"force": True} if wanted.get("force_update") else {}
            api.do("PATCH", self.path(identifier), body=body | force)
        return identifier

    def cleared(self, name: str) -> object:
        """What the update call takes for an attribute that the configuration no longer sets."""
        kind = self.block["attributes"].get(name, {"type": ["block"]})["type"]
        return {} if isinstance(kind, list) else False if kind == "bool" else ""

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete; with `force_destroy` whatever is inside goes too."""
        query = {"force": "true"} if known.get("force_destroy") else {}
        api.do("DELETE", self.path(identifier), query=query)


class Isolatable(Securable):
    """A securable that can be kept to some workspaces. Isolated, it could be read from none that is not bound to it.

    So the real provider binds the workspace that it speaks to: when it makes or changes the securable, and before it
    deletes it. https://registry.terraform.io/providers/databricks/databricks/latest/docs/resources/workspace_binding
    """

    securable_type: ClassVar[str]  # as the bindings' call names it, such as "external_location"

    def finish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        """Hand over and isolate, then bind."""
        super().finish(api, identifier, wanted)
        self._bind(api, identifier, wanted)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change, then bind."""
        super().update(api, identifier, before, wanted)
        if changed(before, wanted, *self.updated_with):
            self._bind(api, identifier, wanted)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Bind, so that it can be reached, then delete."""
        self._bind(api, identifier, known)
        super().delete(api, identifier, known)

    def _bind(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        if wanted.get("isolation_mode") not in ("ISOLATED", "ISOLATION_MODE_ISOLATED"):
            return
        assignment = api.do("GET", f"{ROOT}/current-metastore-assignment")
        assert isinstance(assignment, dict)
        binding = {"workspace_id": assignment["workspace_id"], "binding_type": "BINDING_TYPE_READ_WRITE"}
        path = f"{ROOT}/bindings/{self.securable_type}/{quote(identifier)}"
        api.do("PATCH", path, body={"add": [binding]})


def same_folder(known: Values, remote: Values, name: str) -> Values:
    """The remote values; a URL that differs by its last slash alone is the known one."""
    mine, theirs = known.get(name), remote.get(name)
    if mine and theirs and mine.rstrip("/") == theirs.rstrip("/"):
        return {**remote, name: mine}
    return remote
