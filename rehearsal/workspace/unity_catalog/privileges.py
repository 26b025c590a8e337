"""Unity Catalog's privilege model as pure functions: who may do what, given owners and grants from object to metastore.

Mirrors https://docs.databricks.com/aws/en/data-governance/unity-catalog/access-control/permissions-concepts and the
reference of privileges next to it (the same pages exist for Azure):
- the owner of an object has every privilege on it but those that let data out of Unity Catalog; the owner of what holds
  the object may manage it, but must grant himself more;
- a grant on a catalog or schema reaches everything in it, a grant on the metastore nothing;
- nothing in a catalog or schema can be used or made without USE CATALOG and USE SCHEMA on them; managing needs them
  only above the level at which one owns or holds MANAGE;
- ALL PRIVILEGES is every privilege of the object but MANAGE and those that let data out;
- BROWSE shows that an object is there, and what it is called, without any other privilege.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

METASTORE, CATALOG, SCHEMA = "METASTORE", "CATALOG", "SCHEMA"
TABLE, VIEW, VOLUME, FUNCTION, MODEL = "TABLE", "VIEW", "VOLUME", "FUNCTION", "MODEL"
EXTERNAL_LOCATION, STORAGE_CREDENTIAL = "EXTERNAL_LOCATION", "STORAGE_CREDENTIAL"
ALL = "ALL_PRIVILEGES"
MANAGE = "MANAGE"
BROWSE = "BROWSE"
# What must be held on a parent before anything inside it can be used.
ENTRY = {CATALOG: "USE_CATALOG", SCHEMA: "USE_SCHEMA"}

_VIEW = frozenset({ALL, MANAGE, "APPLY_TAG", "SELECT"})
_TABLE = _VIEW | {"MODIFY"}
_VOLUME = frozenset({ALL, MANAGE, "APPLY_TAG", "READ_VOLUME", "WRITE_VOLUME"})
_FUNCTION = frozenset({ALL, MANAGE, "EXECUTE"})
_SCHEMA = (_TABLE | _VOLUME | _FUNCTION) | {
    "REFRESH",
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
            "CREATE_CATALOG",
            "CREATE_CLEAN_ROOM",
            "CREATE_CONNECTION",
            "CREATE_EXTERNAL_LOCATION",
            "CREATE_PROVIDER",
            "CREATE_RECIPIENT",
            "CREATE_SERVICE_CREDENTIAL",
            "CREATE_SHARE",
            "CREATE_STORAGE_CREDENTIAL",
            "MANAGE_ALLOWLIST",
            "SET_SHARE_PERMISSION",
            "USE_MARKETPLACE_ASSETS",
            "USE_PROVIDER",
            "USE_RECIPIENT",
            "USE_SHARE",
        }
    ),
    CATALOG: _SCHEMA | {"USE_CATALOG", "CREATE_SCHEMA", BROWSE},
    SCHEMA: _SCHEMA,
    TABLE: _TABLE,
    VIEW: _VIEW,
    VOLUME: _VOLUME,
    FUNCTION: _FUNCTION,
    MODEL: _FUNCTION | {"APPLY_TAG", "CREATE_MODEL_VERSION"},
    STORAGE_CREDENTIAL: frozenset({ALL, MANAGE, "CREATE_EXTERNAL_LOCATION", "CREATE_EXTERNAL_TABLE"}),
    EXTERNAL_LOCATION: frozenset(
        {
            ALL,
            MANAGE,
            BROWSE,
            "CREATE_EXTERNAL_TABLE",
            "CREATE_EXTERNAL_VOLUME",
            "CREATE_FOREIGN_SECURABLE",
            "CREATE_MANAGED_STORAGE",
            "EXTERNAL_USE_LOCATION",
            "READ_FILES",
            "WRITE_FILES",
        }
    ),
}
# What lets data out of Unity Catalog is held by nobody to whom it was not granted by name.
LETS_OUT = frozenset({"EXTERNAL_USE_SCHEMA", "EXTERNAL_USE_LOCATION"})
NOT_IN_ALL = LETS_OUT | {MANAGE}
# Writing needs reading, too: Spark looks at what is there.
_ALSO = {"MODIFY": "SELECT", "WRITE_FILES": "READ_FILES"}
# Which privilege shows an object's metadata to those who do not manage it; any privilege does where none is named.
SHOWS = {
    CATALOG: "USE_CATALOG",
    SCHEMA: "USE_SCHEMA",
    TABLE: "SELECT",
    VIEW: "SELECT",
    VOLUME: "READ_VOLUME",
    FUNCTION: "EXECUTE",
    MODEL: "EXECUTE",
}


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
    held: set[str] = set()
    if target.owner in names:
        held |= (reachable - LETS_OUT) | {MANAGE}
    for securable in chain:
        if securable.kind == METASTORE and target.kind != METASTORE:
            continue  # what is granted on the metastore is inherited by nothing
        for name in names & securable.grants.keys():
            granted = securable.grants[name]
            if ALL in granted:
                held |= (reachable - NOT_IN_ALL) | (APPLICABLE[securable.kind] & {BROWSE})
            held |= granted & (reachable | {BROWSE})
    if any(parent.owner in names for parent in parents):
        held.add(MANAGE)
    return frozenset(held)


def missing(names: Set[str], chain: Chain, privilege: str) -> tuple[str, Securable] | None:
    """The first privilege that he lacks to use `privilege` on the chain's first object, from the catalog down.

    Returns None when he may, else the lacking privilege and the object that lacks it.
    """
    if privilege == MANAGE:
        return _missing_to_manage(names, chain)
    inside = privilege.startswith("CREATE_") or privilege == "EXTERNAL_USE_SCHEMA"
    lacking = _missing_entry(names, chain, 0 if inside else 1)
    if lacking is not None:
        return lacking
    held = effective(names, chain)
    for needed in (privilege, _ALSO.get(privilege, privilege)):
        if needed not in held:
            return needed, chain[0]
    return None


def visible(names: Set[str], chain: Chain) -> bool:
    """May he know that the object is there, be it by BROWSE alone?"""
    return BROWSE in effective(names, chain) or readable(names, chain)


def readable(names: Set[str], chain: Chain) -> bool:
    """May he read all of the object's metadata: by managing it, or by the privilege that its kind is used with?"""
    if missing(names, chain, MANAGE) is None:
        return True
    showing = SHOWS.get(chain[0].kind)
    return missing(names, chain, showing) is None if showing else bool(effective(names, chain) - {BROWSE})


def spoken(privilege: str) -> str:
    """The privilege as messages and SQL write it: `USE CATALOG`."""
    return privilege.replace("_", " ")


def _missing_to_manage(names: Set[str], chain: Chain) -> tuple[str, Securable] | None:
    """Somewhere from the object up he must own or hold MANAGE, and be let in to all that is above that."""
    lacking = _missing_entry(names, chain, 1) or (MANAGE, chain[0])
    for position, securable in enumerate(chain):
        granted = any(MANAGE in securable.grants[name] for name in names & securable.grants.keys())
        if securable.owner in names or (granted and securable.kind != METASTORE):
            above = _missing_entry(names, chain, position + 1)
            if above is None:
                return None
            lacking = above
    return lacking


def _missing_entry(names: Set[str], chain: Chain, start: int) -> tuple[str, Securable] | None:
    """The outermost container from `start` of the chain on that does not let him in, with the privilege to enter."""
    for position in range(len(chain) - 1, start - 1, -1):
        entry = ENTRY.get(chain[position].kind)
        if entry is not None and entry not in effective(names, chain[position:]):
            return entry, chain[position]
    return None
