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
        body = {name: wanted[name] or self.cleared(name) for name in changed(before, wanted, *self.updated_with)}
        if body:
            api.do("PATCH", self.path(identifier), body=body)
        return identifier

    def cleared(self, name: str) -> object:
        """What the update call takes for an attribute that the configuration no longer sets."""
        return {} if isinstance(self.block["attributes"][name]["type"], list) else ""

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete; with `force_destroy` whatever is inside goes too."""
        query = {"force": "true"} if known.get("force_destroy") else {}
        api.do("DELETE", self.path(identifier), query=query)
