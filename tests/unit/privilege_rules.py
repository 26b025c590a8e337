"""Unity Catalog's rules of access as the documentation words them: the model that ours is held against.

Written from these pages and from nothing else, one line a sentence; it knows nothing of how ours decides:
[concepts] https://docs.databricks.com/aws/en/data-governance/unity-catalog/access-control/permissions-concepts
[reference] https://docs.databricks.com/aws/en/data-governance/unity-catalog/access-control/privileges-reference
[binding] https://docs.databricks.com/aws/en/data-governance/unity-catalog/access-control/workspace-catalog-binding
[api] https://docs.databricks.com/api/azure/workspace/catalogs (and schemas, tables, volumes, functions, models …)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

CONTAINERS = {
    "metastore": (),
    "catalog": ("metastore",),
    "schema": ("catalog", "metastore"),
    **dict.fromkeys(("table", "view", "volume", "function", "model"), ("schema", "catalog", "metastore")),
    **dict.fromkeys(("location", "credential"), ("metastore",)),
}

# [reference] "Applicable object types" and "Applicable container objects" of each privilege.
APPLIES = """
ALL PRIVILEGES           | location function model credential table view volume schema catalog
APPLY TAG                | model table view volume schema catalog
BROWSE                   | location catalog
CREATE CATALOG           | metastore
CREATE CLEAN ROOM        | metastore
CREATE CONNECTION        | metastore
CREATE EXTERNAL LOCATION | credential metastore
CREATE EXTERNAL TABLE    | location credential
CREATE EXTERNAL VOLUME   | location
CREATE FOREIGN SECURABLE | location
CREATE FUNCTION          | schema catalog
CREATE MANAGED STORAGE   | location
CREATE MATERIALIZED VIEW | schema catalog
CREATE MODEL             | schema catalog
CREATE MODEL VERSION     | model
CREATE PROVIDER          | metastore
CREATE RECIPIENT         | metastore
CREATE SCHEMA            | catalog
CREATE SERVICE CREDENTIAL | metastore
CREATE SHARE             | metastore
CREATE STORAGE CREDENTIAL | metastore
CREATE TABLE             | schema catalog
CREATE VOLUME            | schema catalog
EXECUTE                  | function model schema catalog
EXTERNAL USE LOCATION    | location
EXTERNAL USE SCHEMA      | schema catalog
MANAGE                   | location function model credential table view volume schema catalog
MANAGE ALLOWLIST         | metastore
MODIFY                   | table schema catalog
READ FILES               | location
READ VOLUME              | volume schema catalog
REFRESH                  | schema catalog
SELECT                   | table view schema catalog
SET SHARE PERMISSION     | metastore
USE CATALOG              | catalog
USE MARKETPLACE ASSETS   | metastore
USE PROVIDER             | metastore
USE RECIPIENT            | metastore
USE SCHEMA               | schema catalog
USE SHARE                | metastore
WRITE FILES              | location
WRITE VOLUME             | volume schema catalog
"""

# [concepts] "common operations and their required privileges", with what [reference] says of each privilege and [api]
# of each call. Lines of one operation are alternatives; "it" is the object asked about.
OPERATIONS = """
catalog                    | use             | USE CATALOG on it
catalog                    | create schema   | USE CATALOG on it, CREATE SCHEMA on it
schema                     | use             | USE CATALOG on catalog, USE SCHEMA on it
schema                     | create table    | USE CATALOG on catalog, USE SCHEMA on it, CREATE TABLE on it
schema                     | create volume   | USE CATALOG on catalog, USE SCHEMA on it, CREATE VOLUME on it
schema                     | create model    | USE CATALOG on catalog, USE SCHEMA on it, CREATE MODEL on it
schema                     | create function | USE CATALOG on catalog, USE SCHEMA on it, CREATE FUNCTION on it
schema                     | use elsewhere   | USE CATALOG on catalog, USE SCHEMA on it, EXTERNAL USE SCHEMA on it
table view                 | read            | USE CATALOG on catalog, USE SCHEMA on schema, SELECT on it
table                      | write           | USE CATALOG on catalog, USE SCHEMA on schema, MODIFY on it, SELECT on it
volume                     | read            | USE CATALOG on catalog, USE SCHEMA on schema, READ VOLUME on it
volume                     | write           | USE CATALOG on catalog, USE SCHEMA on schema, WRITE VOLUME on it
function model             | execute         | USE CATALOG on catalog, USE SCHEMA on schema, EXECUTE on it
model                      | create version  | USE CATALOG on catalog, USE SCHEMA on schema, CREATE MODEL VERSION on it
catalog                    | tag             | APPLY TAG on it
schema                     | tag             | USE CATALOG on catalog, APPLY TAG on it
table view volume model    | tag             | USE CATALOG on catalog, USE SCHEMA on schema, APPLY TAG on it
location                   | read            | READ FILES on it
location                   | write           | READ FILES on it, WRITE FILES on it
location                   | create table    | CREATE EXTERNAL TABLE on it
location                   | keep data       | CREATE MANAGED STORAGE on it
location                   | use elsewhere   | EXTERNAL USE LOCATION on it
credential                 | create location | CREATE EXTERNAL LOCATION on it
metastore                  | create catalog  | CREATE CATALOG on it
metastore                  | create location | CREATE EXTERNAL LOCATION on it

metastore                  | manage | own it
location credential        | manage | own metastore
location credential        | manage | own it
location credential        | manage | MANAGE granted on it
catalog                    | manage | own metastore
catalog                    | manage | own it
catalog                    | manage | MANAGE granted on it
schema                     | manage | own metastore
schema                     | manage | own catalog
schema                     | manage | MANAGE granted on catalog
schema                     | manage | USE CATALOG on catalog, own it
schema                     | manage | USE CATALOG on catalog, MANAGE granted on it
table view volume function model | manage | own metastore
table view volume function model | manage | own catalog
table view volume function model | manage | MANAGE granted on catalog
table view volume function model | manage | USE CATALOG on catalog, own schema
table view volume function model | manage | USE CATALOG on catalog, MANAGE granted on schema
table view volume function model | manage | USE CATALOG on catalog, USE SCHEMA on schema, own it
table view volume function model | manage | USE CATALOG on catalog, USE SCHEMA on schema, MANAGE granted on it

catalog schema table view volume function model location credential | describe | may manage
catalog schema             | describe | may use
table view volume          | describe | may read
function model             | describe | may execute
location credential        | describe | anything but BROWSE on it

catalog schema table view volume function model location credential | discover | may describe
catalog location           | discover | BROWSE on it
schema table view volume function model | discover | BROWSE on catalog
"""
# [binding] "All write operations from that workspace to the catalog are blocked"; these do not write.
READING = frozenset({"use", "read", "execute", "describe", "discover"})
# [reference] "To prevent accidental data exfiltration or privilege escalation, ALL PRIVILEGES does not include …"
NOT_IN_ALL = frozenset({"EXTERNAL USE SCHEMA", "EXTERNAL USE LOCATION", "MANAGE"})
# [concepts] "schema owners do not have the EXTERNAL USE SCHEMA privilege by default and external location owners …"
NOT_BY_OWNING = frozenset({"EXTERNAL USE SCHEMA", "EXTERNAL USE LOCATION"})


@dataclass(frozen=True)
class World:
    """An object of a kind with all that is above it, each called by its kind, and somebody known by some names."""

    kind: str
    me: frozenset[str]
    owners: dict[str, str]
    grants: dict[str, dict[str, frozenset[str]]]
    workspace: int | None = None
    bindings: dict[str, dict[int, str]] = field(default_factory=dict)  # isolated objects: workspace -> access

    @property
    def objects(self) -> tuple[str, ...]:
        """The object asked about, and its containers."""
        return (self.kind, *CONTAINERS[self.kind])

    def granted(self, privilege: str, thing: str) -> bool:
        """[concepts] A grant reaches a user by his own name, by his groups, and by `account users`."""
        return any(privilege in self.grants.get(thing, {}).get(name, ()) for name in self.me)


def _table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines() if line]


APPLICABLE = {
    kind: frozenset(privilege for privilege, kinds in _table(APPLIES) if kind in kinds.split()) for kind in CONTAINERS
}
_ALTERNATIVES: dict[tuple[str, str], list[list[str]]] = {}
for _kinds, _operation, _needed in _table(OPERATIONS):
    for _kind in _kinds.split():
        _ALTERNATIVES.setdefault((_kind, _operation), []).append(_needed.split(", "))
CASES = sorted(_ALTERNATIVES)


def by_grant(world: World, privilege: str, thing: str) -> bool:
    """[concepts] "A user or group must be explicitly granted a privilege to perform an action.\""""
    return world.granted(privilege, thing)


def by_inheritance(world: World, privilege: str, thing: str) -> bool:
    """[concepts] "Privileges inherit downward" from catalogs and schemas; "on a metastore do not inherit"."""
    return any(world.granted(privilege, above) for above in CONTAINERS[thing] if above != "metastore")


def by_all_privileges(world: World, privilege: str, thing: str) -> bool:
    """[reference] "all capabilities on the securable object and its child objects", but for three."""
    reached = [thing, *(above for above in CONTAINERS[thing] if above != "metastore")]
    return privilege not in NOT_IN_ALL and any(world.granted("ALL PRIVILEGES", one) for one in reached)


def by_owning(world: World, privilege: str, thing: str) -> bool:
    """[concepts] "automatically perform all capabilities on the object they own"; "doesn't inherit downward"."""
    return privilege not in NOT_BY_OWNING and world.owners[thing] in world.me


HOLDING: tuple[Callable[[World, str, str], bool], ...] = (by_grant, by_inheritance, by_all_privileges, by_owning)


def holds(world: World, privilege: str, thing: str) -> bool:
    """Is the privilege of use on the thing, and is one of the reasons to hold it there?"""
    return privilege in APPLICABLE[thing] and any(reason(world, privilege, thing) for reason in HOLDING)


def met(world: World, requirement: str) -> bool:
    """Is one requirement of an operation met?"""
    words, _, thing = requirement.replace(" on it", f" on {world.kind}").rpartition(" ")
    thing = world.kind if thing == "it" else thing
    if words == "own":
        return world.owners[thing] in world.me
    if words == "may":
        return granted_by_rules(world, thing)
    if words == "MANAGE granted on":
        return world.granted("MANAGE", thing)
    if words == "anything but BROWSE on":
        return any(holds(world, one, thing) for one in APPLICABLE[thing] - {"BROWSE"})
    return holds(world, words.removesuffix(" on"), thing)


def granted_by_rules(world: World, operation: str) -> bool:
    """Is every requirement met of one of the lines?"""
    return any(all(met(world, one) for one in needed) for needed in _ALTERNATIVES[world.kind, operation])


def reachable(world: World, operation: str) -> bool:
    """[binding] Denied where unbound, "overriding any individual privilege grants"; no writing where read-only."""
    for thing in world.objects:
        if thing in world.bindings:
            access = world.bindings[thing].get(world.workspace or 0)
            if access is None or (access == "read-only" and operation not in READING):
                return False
    return True


def allowed(world: World, operation: str) -> bool:
    """What the documentation says."""
    return reachable(world, operation) and granted_by_rules(world, operation)
