"""Microsoft.Databricks: putting a workspace links one of the local workspaces; access connectors are identities.

The local workspaces always run. A resource whose name says dev, staging or prod links that one; its deletion unlinks it
and removes what the account assigned to it, and leaves the workspace's contents to whoever made them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rehearsal.workspace.account import assignments
from rehearsal.workspace.account.workspaces import LINK, linked
from rehearsal.workspace.arm import identities, ids, resources
from rehearsal.workspace.arm.errors import conflict, invalid
from rehearsal.workspace.arm.resources import Change, ResourceType
from rehearsal.workspace.context import WORKSPACES
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.store import Body

WORKSPACE = "Microsoft.Databricks/workspaces"
DELEGATION = "Microsoft.Databricks/workspaces"
# What Azure does not change in a workspace that exists.
_FIXED = ("customVirtualNetworkId", "customPublicSubnetName", "customPrivateSubnetName", "storageAccountName")


def _settle_workspace(change: Change) -> None:
    slot = _slot(change)
    _require_fixed(change)
    _require_subnets(change)
    managed = str(change.properties.get("managedResourceGroupId", ""))
    if change.before is None:
        _make_managed_group(change, managed)
    change.tx.put(LINK, slot, {"id": change.id.text})
    number = workspace_id(slot)
    change.properties.update(workspaceUrl=change.platform.host(slot), workspaceId=str(number))
    change.kept("createdDateTime", datetime.now(UTC).isoformat())
    change.properties["diskEncryptionSetId"] = ""


def _remove_workspace(change: Change) -> None:
    for slot in WORKSPACES:
        if (linked(change.tx, slot) or "").lower() == change.id.key:
            change.tx.delete(LINK, slot)
            assignments.forget_workspace(change.tx, workspace_id(slot) or 0)
    change.tx.delete(resources.KIND, str(change.properties["managedResourceGroupId"]).lower())


def _slot(change: Change) -> str:
    """The local workspace that the name means. Raises ArmError 409 when it means none, or one that is taken."""
    words = set(re.split(r"[^a-z]+", change.id.name.lower()))
    slots = [workspace for workspace in WORKSPACES if workspace in words]
    if len(slots) != 1:
        message = f"The local Azure has the workspaces {', '.join(WORKSPACES)}; '{change.id.name}' names none of them"
        raise conflict(f"{message} as a word of its own." if not slots else f"{message} alone.", "NoLocalWorkspace")
    taken = linked(change.tx, slots[0])
    if taken is not None and taken.lower() != change.id.key:
        raise conflict(f"The local workspace '{slots[0]}' is already that of {taken}.", "LocalWorkspaceTaken")
    return slots[0]


def _require_fixed(change: Change) -> None:
    if change.before is None:
        return
    before, after = _parameters(change.before), _parameters(change.after)
    for name in _FIXED:
        if name in before and before[name] != after.get(name):
            message = f"Parameter '{name}' of workspace '{change.id.name}' cannot be changed."
            raise invalid(message, "WorkspaceUpdateNotSupported")


def _require_subnets(change: Change) -> None:
    """A workspace in a network of one's own needs two subnets of it, delegated, each with a security group."""
    parameters = _parameters(change.after)
    network_id = parameters.get("customVirtualNetworkId")
    if network_id is None:
        return
    for role in ("customPublicSubnetName", "customPrivateSubnetName"):
        subnet = resources.find(change.tx, f"{network_id}/subnets/{parameters.get(role)}")
        if subnet is None:
            raise invalid(
                f"{role}: virtual network {network_id} has no subnet '{parameters.get(role)}'.", "InvalidSubnet"
            )
        services = [d["properties"].get("serviceName") for d in subnet["properties"].get("delegations", [])]
        if DELEGATION not in services:
            message = f"Subnet {subnet['id']} requires a delegation to {DELEGATION}."
            raise invalid(message, "SubnetMissingRequiredDelegations")
        if not subnet["properties"].get("networkSecurityGroup"):
            raise invalid(
                f"Subnet {subnet['id']} requires a network security group.", "SubnetMissingNetworkSecurityGroup"
            )


def _make_managed_group(change: Change, managed: str) -> None:
    """Databricks keeps what it makes for a workspace in a resource group that must not exist before."""
    parsed = ids.parse(managed)
    if parsed.type != ids.GROUP_TYPE or resources.find(change.tx, managed) is not None:
        message = f"The managed resource group '{managed}' is not valid: it must be a group that does not exist yet."
        raise conflict(message, "ApplianceManagedResourceGroupInvalid")
    group = {
        "id": managed,
        "name": parsed.name,
        "type": ids.GROUP_TYPE,
        "location": change.after.get("location"),
        "managedBy": change.id.text,
        "properties": {"provisioningState": "Succeeded"},
    }
    change.tx.put(resources.KIND, managed.lower(), group)


def _parameters(body: Body) -> Body:
    given = body.get("properties", {}).get("parameters", {})
    return {name: item["value"] for name, item in given.items() if isinstance(item, dict) and "value" in item}


TYPES = (
    ResourceType(WORKSPACE, settle=_settle_workspace, remove=_remove_workspace),
    ResourceType("Microsoft.Databricks/accessConnectors", settle=identities.settle, remove=identities.remove),
)
