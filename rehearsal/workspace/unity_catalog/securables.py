"""Where Unity Catalog's objects are stored, what they are called in messages, and which objects hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial

from databricks.sdk.service.catalog import TableType

from rehearsal.workspace.errors import DatabricksError, not_found
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog.privileges import (
    CATALOG,
    EXTERNAL_LOCATION,
    FUNCTION,
    METASTORE,
    MODEL,
    SCHEMA,
    STORAGE_CREDENTIAL,
    TABLE,
    VIEW,
    VOLUME,
    Chain,
    Securable,
)

STORED = {
    METASTORE: "uc_metastore",
    CATALOG: "uc_catalog",
    SCHEMA: "uc_schema",
    TABLE: "uc_table",
    VIEW: "uc_table",
    VOLUME: "uc_volume",
    FUNCTION: "uc_function",
    MODEL: "uc_model",
    EXTERNAL_LOCATION: "uc_external_location",
    STORAGE_CREDENTIAL: "uc_storage_credential",
}
SPOKEN = {
    METASTORE: "Metastore",
    CATALOG: "Catalog",
    SCHEMA: "Schema",
    TABLE: "Table",
    VIEW: "View",
    VOLUME: "Volume",
    FUNCTION: "Function",
    MODEL: "Registered Model",
    EXTERNAL_LOCATION: "External Location",
    STORAGE_CREDENTIAL: "Storage Credential",
}
_MISSING_CODE = {
    CATALOG: "CATALOG_DOES_NOT_EXIST",
    SCHEMA: "SCHEMA_DOES_NOT_EXIST",
    TABLE: "TABLE_DOES_NOT_EXIST",
    VIEW: "TABLE_DOES_NOT_EXIST",
    VOLUME: "VOLUME_DOES_NOT_EXIST",
    FUNCTION: "ROUTINE_DOES_NOT_EXIST",
    MODEL: "RESOURCE_DOES_NOT_EXIST",
    EXTERNAL_LOCATION: "EXTERNAL_LOCATION_DOES_NOT_EXIST",
    STORAGE_CREDENTIAL: "STORAGE_CREDENTIAL_DOES_NOT_EXIST",
}
GRANTS = "uc_grants"
BINDINGS = "uc_bindings"
# Documents under "type of entity:full name/key"; models keep their tags themselves.
TAGS = "uc_tag"
_TAGGED = {CATALOG: ("catalogs",), SCHEMA: ("schemas",), TABLE: ("tables", "columns"), VOLUME: ("volumes",)}
# Objects that can be kept to some workspaces, and how each says that it is.
ISOLATED = {
    CATALOG: "ISOLATED",
    EXTERNAL_LOCATION: "ISOLATION_MODE_ISOLATED",
    STORAGE_CREDENTIAL: "ISOLATION_MODE_ISOLATED",
}
METASTORE_KEY = "metastore"
# Kinds that share one space of names, and in it one document of grants: to SQL and to the API of permissions, a view is
# a table and a registered model is a function.
_SHARED = {VIEW: TABLE, MODEL: FUNCTION}
# The metastore belongs to the administrators; an object that is missing belongs to nobody.
METASTORE_OWNER = "admins"
_NOBODY = ""


def parents(kind: str, full_name: str) -> list[tuple[str, str]]:
    """(kind, full name) of what holds the object, nearest first, without the metastore."""
    parts = full_name.split(".")
    if kind == METASTORE or kind in ISOLATED:
        return []
    if kind == SCHEMA:
        return [(CATALOG, parts[0])]
    return [(SCHEMA, ".".join(parts[:2])), (CATALOG, parts[0])]


def missing(kind: str, full_name: str) -> DatabricksError:
    """The error that says that the object does not exist."""
    return not_found(f"{SPOKEN[kind]} '{full_name}' does not exist.", _MISSING_CODE.get(kind, "NOT_FOUND"))


def read(tx: Transaction, kind: str, full_name: str) -> Body | None:
    """The object's document; names are case-insensitive."""
    return tx.get(STORED[kind], full_name.lower())


def find(tx: Transaction, kind: str, full_name: str) -> Body:
    """The object's document. Raises DatabricksError 404 naming the outermost part that is missing."""
    body = read(tx, kind, full_name)
    if body is not None:
        return body
    for parent_kind, parent_name in reversed(parents(kind, full_name)):
        if read(tx, parent_kind, parent_name) is None:
            raise missing(parent_kind, parent_name)
    raise missing(kind, full_name)


def write(tx: Transaction, kind: str, full_name: str, body: Body) -> None:
    """Store the object's document."""
    tx.put(STORED[kind], full_name.lower(), body)


def remove(tx: Transaction, kind: str, full_name: str) -> None:
    """Forget the object, the grants on it, its bindings and its tags (those of its columns, too)."""
    tx.delete(STORED[kind], full_name.lower())
    for entity_type in _TAGGED.get(kind, ()):
        for separator in "/.":
            for key, _ in tx.items(TAGS, f"{entity_type}:{full_name.lower()}{separator}"):
                tx.delete(TAGS, key)
    tx.delete(GRANTS, grants_key(kind, full_name))
    tx.delete(BINDINGS, grants_key(kind, full_name))


def within(tx: Transaction, kind: str, parent: str) -> list[Body]:
    """Documents of the objects of one kind in a catalog or schema ("" for all), ordered by name."""
    return tx.list(STORED[kind], f"{parent.lower()}." if parent else "")


def grants_key(kind: str, full_name: str) -> str:
    """Key of the documents with the grants on an object and with its bindings."""
    return f"{_SHARED.get(kind, kind)}:{METASTORE_KEY if kind == METASTORE else full_name.lower()}"


def actual_kind(tx: Transaction, kind: str, full_name: str) -> str:
    """What is really there by the name: a VIEW where a table was asked for, a MODEL where a function was."""
    if _SHARED.get(kind, kind) == FUNCTION:
        return next((found for found in (MODEL, FUNCTION) if read(tx, found, full_name) is not None), kind)
    if _SHARED.get(kind, kind) == TABLE:
        return VIEW if (read(tx, TABLE, full_name) or {}).get("table_type") == TableType.VIEW.value else TABLE
    return kind


def chain(tx: Transaction, kind: str, full_name: str) -> Chain:
    """The object with its parents and the metastore, as the privilege model wants them."""
    return next(chains(tx, kind, [full_name]))


def chains(tx: Transaction, kind: str, full_names: Iterable[str]) -> Iterator[Chain]:
    """The chains of several objects of a kind; parents that they share are read once."""
    securable = cache(partial(_securable, tx))
    for full_name in full_names:
        links = [(actual_kind(tx, kind, full_name), full_name), *parents(kind, full_name)]
        if kind != METASTORE:
            links.append((METASTORE, METASTORE_KEY))
        yield [securable(*link) for link in links]


def _securable(tx: Transaction, kind: str, full_name: str) -> Securable:
    grants = tx.get(GRANTS, grants_key(kind, full_name)) or {}
    body = {"owner": METASTORE_OWNER} if kind == METASTORE else read(tx, kind, full_name) or {"owner": _NOBODY}
    bindings = None
    if kind in ISOLATED and body.get("isolation_mode") == ISOLATED[kind]:
        bound = tx.get(BINDINGS, grants_key(kind, full_name)) or {}
        bindings = {int(number): binding for number, binding in bound.items()}
    return Securable(kind, full_name, body["owner"], {name: frozenset(held) for name, held in grants.items()}, bindings)
