"""A resource type of Azure as a kind: made, read, changed and deleted as its declaration says."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider import values
from rehearsal.provider.azure import fields
from rehearsal.provider.azure.fields import At, Field
from rehearsal.provider.azure.places import Place
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient

LOCATION = At("location", lambda text: str(text).replace(" ", "").lower())
TAGS = At("tags")


class AzureResource(Kind):
    """What most types are. Subclasses say `name`, `place` and `fields`, and overwrite what is special about them."""

    family = "azurerm"
    place: ClassVar[Place]
    fields: ClassVar[Mapping[str, Field]]
    fixed: ClassVar[Values] = {}  # what every new document of the type has

    def __init__(self) -> None:
        self.force_new = self.force_new | self.place.attributes | ({"location"} & self.fields.keys())

    def create(self, api: ArmClient, wanted: Values) -> str:
        """Create it; what exists already is not taken over but has to be imported."""
        from rehearsal.provider.azure.client import NotFound

        self._require_known(wanted)
        identifier = self.place.id(api.subscription, wanted)
        try:
            api.get(self.path(identifier))
        except NotFound:
            document = deepcopy(self.fixed)
            self.write(api, wanted, document)
            api.put(self.path(identifier), document)
            return identifier
        message = f'a resource with the ID "{identifier}" already exists - to be managed via Terraform this resource'
        raise ValueError(f"{message} needs to be imported into the State")

    def read(self, api: ArmClient, identifier: str, known: Values) -> Values:
        """The resource's attributes."""
        document = api.get(self.path(identifier))
        found = {**self.place.parts(identifier), **fields.read(self.fields, document, known)}
        return values.completed(self.block, found)

    def update(self, api: ArmClient, identifier: str, before: Values, wanted: Values) -> str:
        """Put the document anew, with what others have set in it."""
        self._require_known(wanted)
        with api.changing:
            document = api.get(self.path(identifier))
            self.write(api, wanted, document)
            api.put(self.path(identifier), document)
        return identifier

    def delete(self, api: ArmClient, identifier: str, known: Values) -> None:
        """Delete it."""
        api.delete(self.path(identifier))

    def path(self, identifier: str) -> str:
        """Azure's id, where Terraform's is another."""
        return identifier

    def write(self, api: ArmClient, wanted: Values, document: Values) -> None:
        """Put the attributes into the document."""
        fields.write(self.fields, wanted, document)

    def _require_known(self, wanted: Values) -> None:
        """Nothing that is set is silently left out."""
        computed = {
            name for name, facts in self.block["attributes"].items() if not facts.keys() & {"optional", "required"}
        }
        other = self.place.attributes | computed | {"id", "timeouts"}
        if missing := fields.unknown(self.fields, wanted, frozenset(other)):
            raise ValueError(f"the stand-in does not know {', '.join(missing)}")
