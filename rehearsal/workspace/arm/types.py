"""The types of resources that the local Azure knows; others are refused."""

from __future__ import annotations

from rehearsal.workspace.arm import (
    authorization,
    databricks,
    groups,
    identities,
    key_vault,
    monitor,
    network,
    storage,
)
from rehearsal.workspace.arm.errors import not_found
from rehearsal.workspace.arm.logic import workflows
from rehearsal.workspace.arm.resources import ResourceType

TYPES: tuple[ResourceType, ...] = (
    *groups.TYPES,
    *network.TYPES,
    *identities.TYPES,
    *storage.TYPES,
    *key_vault.TYPES,
    *monitor.TYPES,
    *databricks.TYPES,
    *workflows.TYPES,
    *authorization.TYPES,
)
_BY_NAME = {kind.name.lower(): kind for kind in TYPES}


def type_of(name: str) -> ResourceType:
    """The type of that name. Raises ArmError 404."""
    kind = _BY_NAME.get(name.lower())
    if kind is None:
        message = f"No registered resource provider found for type '{name}'. The local Azure knows "
        raise not_found(message + ", ".join(known.name for known in TYPES) + ".", "InvalidResourceType")
    return kind
