"""Permission levels of each type of workspace object, from the least to the most.

https://learn.microsoft.com/azure/databricks/security/auth/access-control/
"""

from __future__ import annotations

from rehearsal.workspace.errors import invalid, not_found

CAN_MANAGE, IS_OWNER = "CAN_MANAGE", "IS_OWNER"
# Each level includes those before it.
LEVELS: dict[str, tuple[str, ...]] = {
    "jobs": ("CAN_VIEW", "CAN_MANAGE_RUN", CAN_MANAGE, IS_OWNER),
    "serving-endpoints": ("CAN_VIEW", "CAN_QUERY", CAN_MANAGE),
    "experiments": ("CAN_READ", "CAN_EDIT", CAN_MANAGE),
    "registered-models": ("CAN_READ", "CAN_EDIT", CAN_MANAGE),
    "warehouses": ("CAN_VIEW", "CAN_MONITOR", "CAN_USE", CAN_MANAGE, IS_OWNER),
    "directories": ("CAN_READ", "CAN_RUN", "CAN_EDIT", CAN_MANAGE),
    "dashboards": ("CAN_READ", "CAN_RUN", "CAN_EDIT", CAN_MANAGE),
    "alertsv2": ("CAN_READ", "CAN_RUN", "CAN_EDIT", CAN_MANAGE),
    "queries": ("CAN_READ", "CAN_RUN", "CAN_EDIT", CAN_MANAGE),
    "cluster-policies": ("CAN_USE",),
    "authorization": ("CAN_USE",),
}
# What an answer of the permissions API calls one object of the type.
OBJECT_TYPES = {
    "jobs": "job",
    "serving-endpoints": "serving-endpoint",
    "experiments": "mlflowExperiment",
    "registered-models": "registered-model",
    "warehouses": "warehouses",
    "directories": "directory",
    "dashboards": "dashboard",
    "alertsv2": "alertv2",
    "queries": "query",
    "cluster-policies": "cluster-policy",
    "authorization": "tokens",
}
DESCRIPTIONS = {
    "CAN_VIEW": "Can view",
    "CAN_READ": "Can read",
    "CAN_RUN": "Can run",
    "CAN_EDIT": "Can edit",
    "CAN_USE": "Can use",
    "CAN_MONITOR": "Can monitor",
    "CAN_QUERY": "Can query",
    "CAN_MANAGE_RUN": "Can manage runs",
    CAN_MANAGE: "Can manage",
    IS_OWNER: "Is owner",
}
# The permissions API calls warehouses `sql/warehouses` (as Terraform does) or `warehouses` (as databricks-sdk does).
_ALIASES = {"sql/warehouses": "warehouses"}


def canonical_type(name: str) -> str:
    """The type by any name that the API knows it by. Raises DatabricksError 404 for a type that is not kept."""
    name = _ALIASES.get(name, name)
    if name not in LEVELS:
        message = f"'{name}' is not a supported object type. Supported object types are: {sorted(LEVELS)}."
        raise not_found(message, "ENDPOINT_NOT_FOUND")
    return name


def checked_level(kind: str, level: str) -> str:
    """The level, if the type has it. Raises DatabricksError 400."""
    if level not in LEVELS[kind]:
        raise invalid(f"'{level}' is not a valid permission level for {kind}. Valid levels: {list(LEVELS[kind])}.")
    return level


def includes(kind: str, held: str, wanted: str) -> bool:
    """Does holding one level of the type include another? A level that the type does not have is held by nobody."""
    order = LEVELS[kind]
    return wanted in order and order.index(held) >= order.index(wanted)
