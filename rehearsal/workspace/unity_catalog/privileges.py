"""Unity Catalog's privilege model as pure functions: who may do what, given owners and grants from object to metastore.

Mirrors https://learn.microsoft.com/azure/databricks/data-governance/unity-catalog/manage-privileges/privileges:
- the owner of an object has every privilege on it; the owner of its parents may manage it, but must grant himself more;
- a grant on a catalog or schema reaches everything in it;
- nothing below a catalog or schema can be used without USE CATALOG and USE SCHEMA on them;
- ALL PRIVILEGES is every privilege of the object but MANAGE and those that let data out of Unity Catalog.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

METASTORE, CATALOG, SCHEMA, TABLE, VOLUME, FUNCTION = "METASTORE", "CATALOG", "SCHEMA", "TABLE", "VOLUME", "FUNCTION"
EXTERNAL_LOCATION, STORAGE_CREDENTIAL = "EXTERNAL_LOCATION", "STORAGE_CREDENTIAL"
ALL = "ALL_PRIVILEGES"
MANAGE = "MANAGE"
BROWSE = "BROWSE"
# What must be held on a parent before anything inside it can be used.
ENTRY = {CATALOG: "USE_CATALOG", SCHEMA: "USE_SCHEMA"}

_EVERYWHERE = frozenset({ALL, MANAGE, "APPLY_TAG"})
_TABLE = _EVERYWHERE | {"SELECT", "MODIFY", "REFRESH"}
_VOLUME = _EVERYWHERE | {"READ_VOLUME", "WRITE_VOLUME"}
_FUNCTION = _EVERYWHERE | {"EXECUTE", "CREATE_MODEL_VERSION"}
_STORAGE = frozenset({ALL, MANAGE, "CREATE_EXTERNAL_TABLE", "READ_FILES", "WRITE_FILES"})
_SCHEMA = (_TABLE | _VOLUME | _FUNCTION) | {
    "USE_SCHEMA",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "CREATE_MODEL",
    "CREATE_FUNCTION",
    "CREATE_MATERIALIZED_VIEW",
    "EXTERNAL_USE_SCHEMA",
}
APPLICABLE: dict[str, frozenset[str]] = {
    METASTORE: frozenset(
        {
            MANAGE,
            "CREATE_CATALOG",
            "CREATE_CONNECTION",
            "CREATE_EXTERNAL_LOCATION",
            "CREATE_PROVIDER",
            "CREATE_RECIPIENT",
            "CREATE_SHARE",
            "CREATE_STORAGE_CREDENTIAL",
        }
    ),
    CATALOG: _SCHEMA | {"USE_CATALOG", "CREATE_SCHEMA", BROWSE},
    SCHEMA: _SCHEMA,
    TABLE: _TABLE,
    VOLUME: _VOLUME,
    FUNCTION: _FUNCTION,
    STORAGE_CREDENTIAL: _STORAGE | {"CREATE_EXTERNAL_LOCATION"},
    EXTERNAL_LOCATION: _STORAGE
    | {
        BROWSE,
        "CREATE_EXTERNAL_VOLUME",
        "CREATE_FOREIGN_SECURABLE",
        "CREATE_MANAGED_STORAGE",
        "EXTERNAL_USE_LOCATION",
    },
}
_NOT_IN_ALL = frozenset({MANAGE, "EXTERNAL_USE_SCHEMA", "EXTERNAL_USE_LOCATION"})


@dataclass(frozen=True)
class Securable:
    """An object as far as access goes; `bindings` (workspace number: type) is None where every workspace may use it."""

    kind: str
    name: str
    owner: str
    grants: dict[str, Set[str]] = field(default_factory=dict)
    bindings: dict[int, str] | None = None


Chain = Sequence[Securable]  # the object first, then its parents, the metastore last


def effective(names: Set[str], chain: Chain) -> frozenset[str]:
    """Privileges on the chain's first object of somebody who is known by `names` (his own, his groups').

    BROWSE is included where it is inherited: it can be granted on a catalog only, but shows what is inside.
    """
    target, *parents = chain
    reachable = APPLICABLE[target.kind] - {ALL}
    if target.owner in names:
        return reachable
    held: set[str] = set()
    for securable in chain:
        if securable.kind == METASTORE and target.kind != METASTORE:
            continue  # what is granted on the metastore is inherited by nothing
        for name in names & securable.grants.keys():
            granted = securable.grants[name]
            if ALL in granted:
                held |= reachable - _NOT_IN_ALL
            held |= granted & (reachable | {BROWSE})
    if manages_from_above(names, parents):
        held.add(MANAGE)
    return frozenset(held)


def manages_from_above(names: Set[str], parents: Chain) -> bool:
    """Does he own a parent, or the metastore? Then he may manage the object without USE on what lies between."""
    return any(parent.owner in names for parent in parents)


def missing(names: Set[str], chain: Chain, privilege: str) -> tuple[str, Securable] | None:
    """The first privilege that he lacks to use `privilege` on the chain's first object, from the catalog down.

    Returns None when he may, else the lacking privilege and the object that lacks it.
    """
    target, *parents = chain
    if privilege == MANAGE and manages_from_above(names, parents):
        return None
    for position in range(len(chain) - 1, 0, -1):
        parent = chain[position]
        entry = ENTRY.get(parent.kind)
        if entry and entry not in effective(names, chain[position:]):
            return entry, parent
    return None if privilege in effective(names, chain) else (privilege, target)


def visible(names: Set[str], chain: Chain) -> bool:
    """May he know of the object: by BROWSE, by managing it, or by any privilege that he is in a position to use?"""
    held = effective(names, chain)
    if BROWSE in held or manages_from_above(names, chain[1:]):
        return True
    return any(missing(names, chain, privilege) is None for privilege in held)


def spoken(privilege: str) -> str:
    """The privilege as messages and SQL write it: `USE CATALOG`."""
    return privilege.replace("_", " ")
