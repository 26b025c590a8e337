"""Where resources are: from attributes to ids, and back when one is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Values = dict[str, Any]


class Place(Protocol):
    """How a type's ids are made."""

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that the id is made of; another value is another resource."""
        ...

    def id(self, subscription: str, wanted: Values) -> str:
        """The id."""
        ...

    def parts(self, identifier: str) -> Values:
        """The attributes that the id says."""
        ...


@dataclass(frozen=True)
class InGroup:
    """In a resource group: `type` such as `Microsoft.Network/virtualNetworks/subnets`, whose outer resources are named
    by the attributes `outer`."""

    type: str
    outer: tuple[str, ...] = ()

    @property
    def attributes(self) -> frozenset[str]:
        """Group, outer names, name."""
        return frozenset({"resource_group_name", *self.outer, "name"})

    def id(self, subscription: str, wanted: Values) -> str:
        """The id."""
        provider, *types = self.type.split("/")
        pairs = zip(types, [wanted[name] for name in (*self.outer, "name")], strict=True)
        path = "/".join(f"{kind}/{name}" for kind, name in pairs)
        return (
            f"/subscriptions/{subscription}/resourceGroups/{wanted['resource_group_name']}/providers/{provider}/{path}"
        )

    def parts(self, identifier: str) -> Values:
        """The attributes that the id says."""
        words = identifier.split("/")
        names = words[8::2]
        return {"resource_group_name": words[4], **dict(zip((*self.outer, "name"), names, strict=True))}


@dataclass(frozen=True)
class Below:
    """Below the resource whose id is the attribute `owner`: `<owner>/<path>/<name>`."""

    owner: str
    path: str

    @property
    def attributes(self) -> frozenset[str]:
        """Owner and name."""
        return frozenset({self.owner, "name"})

    def id(self, subscription: str, wanted: Values) -> str:
        """The id."""
        return f"{str(wanted[self.owner]).rstrip('/')}/{self.path}/{wanted['name']}"

    def parts(self, identifier: str) -> Values:
        """The attributes that the id says."""
        owner, _, name = identifier.partition(f"/{self.path}/")
        return {self.owner: owner, "name": name}


@dataclass(frozen=True)
class Group:
    """A resource group itself."""

    attributes: frozenset[str] = frozenset({"name"})

    def id(self, subscription: str, wanted: Values) -> str:
        """The id."""
        return f"/subscriptions/{subscription}/resourceGroups/{wanted['name']}"

    def parts(self, identifier: str) -> Values:
        """The group's name."""
        return {"name": identifier.rpartition("/")[2]}
