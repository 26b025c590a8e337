"""Resource ids: where a resource is, of which type, and of what it is a part.

/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/N
<any of these>/providers/Microsoft.Authorization/roleAssignments/R       (an extension of another resource)
"""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.workspace.arm.errors import invalid

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"


@dataclass(frozen=True)
class ResourceId:
    """A parsed id; `text` is as it was written, `key` as it is compared (ids know no case)."""

    text: str
    scope: str  # what the providers part hangs on: a subscription, a group, or another resource; "" for the first two
    type: str
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """The id as it is stored and compared."""
        return self.text.lower()

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.names[-1]

    @property
    def parent(self) -> str:
        """The id of what must exist before this can: the outer resource, or the scope."""
        if self.type == SUBSCRIPTION_TYPE:
            return ""
        if len(self.names) > 1 or not self.scope:
            return self.text.rsplit("/", 2)[0]
        return self.scope

    @property
    def subscription(self) -> str:
        """The subscription's id."""
        return self.text.split("/")[2]

    @property
    def group(self) -> str:
        """The id of the resource group that it lies in, or ""."""
        parts = self.text.split("/")
        return "/".join(parts[:5]) if len(parts) >= 5 and parts[3].lower() == "resourcegroups" else ""


def parse(path: str) -> ResourceId:
    """The id of one resource. Raises ArmError 400."""
    found = _parsed(path)
    if found is None:
        raise invalid(f"'{path}' is not the id of a resource.", "InvalidResourceId")
    return found


def parse_collection(path: str) -> ResourceId | None:
    """For a path that ends with a type, not a name: a resource of that type with an empty name; else None."""
    found = _parsed(path.rstrip("/") + "/")
    return found if found is not None and not found.name else None


def _parsed(path: str) -> ResourceId | None:
    parts = path.split("/")
    if len(parts) < 3 or parts[0] or parts[1].lower() != "subscriptions":
        return None
    if len(parts) == 3:
        return ResourceId(path, "", SUBSCRIPTION_TYPE, (parts[2],))
    lowered = [part.lower() for part in parts]
    if "providers" not in lowered:
        if len(parts) == 5 and lowered[3] == "resourcegroups":
            return ResourceId(path, "", GROUP_TYPE, (parts[4],))
        return None
    start = len(parts) - 1 - lowered[::-1].index("providers")
    pairs = parts[start + 2 :]
    if not pairs or len(pairs) % 2 or "" in parts[1:-1]:
        return None
    kind = "/".join([parts[start + 1], *pairs[0::2]])
    return ResourceId(path, "/".join(parts[:start]), kind, tuple(pairs[1::2]))
