"""What a kind of resource is: a few facts about the real provider's schema, and four calls of the REST API.

A kind knows nothing of Terraform's protocol. It gets and gives plain values in the shape of its schema (`document` and
`shaped` in `values.py` turn them into REST documents and back); errors of the API pass through.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rehearsal.provider import schemas, values

Values = dict[str, Any]


class Kind(ABC):
    """One resource type. The class attributes say what the bindings do not know about the real provider's schema.

    `api` is the client that the provider's block configured: databricks-sdk's, or that of Azure Resource Manager.
    """

    family: ClassVar[str] = "databricks"  # what the type's name begins with
    name: str
    identity: ClassVar[str] = "id"  # the attribute that holds the resource's id
    computed: frozenset[str] = frozenset()  # optional attributes that the workspace fills in when they are not set
    defaults: ClassVar[Values] = {}  # optional attributes that the provider fills in
    force_new: frozenset[str] = frozenset()  # attributes and blocks of which a change replaces the resource
    quiet: frozenset[str] = frozenset()  # when not configured, what the workspace has there is not drift
    answered: frozenset[str] = frozenset()  # what the state has as the workspace answers it, not as planned
    lenient: bool = False  # of the real provider's older library, of which Terraform bears such answers
    volatile: frozenset[str] = frozenset()  # computed attributes that every update changes

    @property
    def block(self) -> Values:
        """The schema's block, from the bindings."""
        return schemas.load(self.name, self.family)

    def document(self, wanted: Values, *names: str) -> Values:
        """The REST document of the named attributes and blocks (all, when none is named)."""
        return values.document(self.block, {name: wanted.get(name) for name in names} if names else wanted)

    @abstractmethod
    def create(self, api: Any, wanted: Values) -> str:
        """Create the resource; answer its id."""

    def finish(self, api: Any, identifier: str, wanted: Values) -> None:  # noqa: B027 - most kinds have nothing more
        """What creation leaves to do. When it fails, Terraform keeps the resource as tainted."""

    @abstractmethod
    def read(self, api: Any, identifier: str, known: Values) -> Values:
        """What the workspace has, in the shape of the schema; names that are absent are not compared."""

    @abstractmethod
    def update(self, api: Any, identifier: str, before: Values, wanted: Values) -> str:
        """Change the resource in place; answer its id, which a new name can change."""

    @abstractmethod
    def delete(self, api: Any, identifier: str, known: Values) -> None:
        """Delete the resource."""

    def plan(self, before: Values, wanted: Values) -> Values:
        """Computed values that are known before the update, such as the checksum of a local file."""
        return {}


class Replaced(Kind):
    """A kind of which every attribute that can be set is in `force_new`: nothing ever changes in place."""

    def update(self, api: Any, identifier: str, before: Values, wanted: Values) -> str:
        """Nothing can change in place."""
        return identifier


def changed(before: Values, wanted: Values, *names: str) -> list[str]:
    """Which of the named attributes differ."""
    return [name for name in names if before.get(name) != wanted.get(name)]
