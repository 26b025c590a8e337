"""Tags of catalogs, schemas, tables, columns, volumes, models and model versions, assigned one by one.

https://learn.microsoft.com/azure/databricks/database-objects/tags. Models and versions keep their tags where MLflow's
registry looks for them, too; all others are documents of their own under "TYPE:full name/key".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, invalid, not_found
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, models, securables
from rehearsal.workspace.unity_catalog.privileges import CATALOG, MODEL, SCHEMA, TABLE, VOLUME
from rehearsal.workspace.unity_catalog.securables import TAGS

# https://learn.microsoft.com/azure/databricks/database-objects/tags#constraint
MAX_TAGS, MAX_KEY, MAX_VALUE = 50, 255, 1000
_FORBIDDEN = frozenset(".,-=/:")
_KINDS = {"catalogs": CATALOG, "schemas": SCHEMA, "tables": TABLE, "columns": TABLE, "volumes": VOLUME}
_KINDS |= {"models": MODEL, "registered_models": MODEL, "model_versions": MODEL}
APPLY = "APPLY_TAG"


@dataclass(frozen=True)
class Entity:
    """What bears tags: `kind` and `securable` say whose privileges count, `part` is a column or a version of it."""

    type: str
    name: str
    kind: str
    securable: str
    part: str = ""

    @property
    def prefix(self) -> str:
        """Of the keys of the documents with its tags."""
        return f"{self.type}:{self.name.lower()}/"


def entity(entity_type: str, name: str) -> Entity:
    """The entity of an address. Raises DatabricksError 400 for a type that bears no tags, or a name that is none."""
    kind = _KINDS.get(entity_type)
    if kind is None:
        raise invalid(f"Entity type '{entity_type}' is not supported: it must be one of {sorted(_KINDS)}.")
    inner = entity_type in ("columns", "model_versions")
    parts = name.split(".", 3)
    wanted = {CATALOG: 1, SCHEMA: 2}.get(kind, 3) + inner
    if len(parts) != wanted or not all(parts):
        raise invalid(f"'{name}' is not the full name of one of the {entity_type}: it needs {wanted} parts.")
    return Entity(entity_type, name, kind, ".".join(parts[:3]), parts[3] if inner else "")


def listed(tx: Transaction, principal: Principal, of: Entity) -> list[Body]:
    """All its tags, by key, for those who may know of it. Raises DatabricksError 403, 404."""
    access.require_visible(tx, principal, of.kind, of.securable)
    if of.kind == MODEL:
        read, _ = _of_model(tx, principal, of)
        return [_assignment(of, key, value) for key, value in sorted(read().items())]
    return tx.list(TAGS, of.prefix)


def find(tx: Transaction, principal: Principal, of: Entity, key: str) -> Body:
    """One of its tags. Raises DatabricksError 403, 404."""
    for held in listed(tx, principal, of):
        if held["tag_key"] == key:
            return held
    raise not_found(f"Tag '{key}' is not assigned to {of.type} '{of.name}'.")


def assign(tx: Transaction, principal: Principal, of: Entity, key: str, value: str, new: bool) -> Body:
    """Assign a tag, or give one that is assigned another value.

    Raises DatabricksError: 403 without APPLY TAG, 400 for what cannot be a tag, 404 and 409 for one that must (not) be.
    """
    _require_tagging(tx, principal, of)
    held = {tag["tag_key"] for tag in listed(tx, principal, of)}
    if new:
        _check(of, key, len(held))
        if key in held:
            raise already_exists(f"Tag '{key}' is already assigned to {of.type} '{of.name}'.")
    elif key not in held:
        raise not_found(f"Tag '{key}' is not assigned to {of.type} '{of.name}'.")
    if len(value) > MAX_VALUE:
        raise invalid(f"The value of tag '{key}' is longer than {MAX_VALUE} characters.")
    body = {**_assignment(of, key, value), "updated_by": principal.name, "update_time": _now()}
    if of.kind == MODEL:
        read, write = _of_model(tx, principal, of)
        write({**read(), key: value})
    else:
        tx.put(TAGS, of.prefix + key, body)
    return body


def unassign(tx: Transaction, principal: Principal, of: Entity, key: str) -> None:
    """Take a tag off. Raises DatabricksError 403, 404."""
    _require_tagging(tx, principal, of)
    find(tx, principal, of, key)
    if of.kind == MODEL:
        read, write = _of_model(tx, principal, of)
        write({name: value for name, value in read().items() if name != key})
    else:
        tx.delete(TAGS, of.prefix + key)


def _require_tagging(tx: Transaction, principal: Principal, of: Entity) -> None:
    access.require(tx, principal, of.kind, of.securable, APPLY)  # its owner holds it, who only manages it does not
    securables.find(tx, of.kind, of.securable)


def _of_model(
    tx: Transaction, principal: Principal, of: Entity
) -> tuple[Callable[[], dict[str, str]], Callable[[dict[str, str]], None]]:
    """How to read and replace the tags of a model or of one of its versions."""
    if not of.part:
        return (
            lambda: models.model_tags(tx, of.securable),
            lambda tags: models.set_model_tags(tx, principal, of.securable, tags),
        )
    if not of.part.isdecimal():
        raise invalid(f"'{of.part}' is not the number of a model version.")
    number = int(of.part)
    return (
        lambda: models.version_tags(tx, of.securable, number),
        lambda tags: models.set_version_tags(tx, principal, of.securable, number, tags),
    )


def _check(of: Entity, key: str, held: int) -> None:
    if not key or len(key) > MAX_KEY or set(key) & _FORBIDDEN or not key.isprintable() or key != key.strip():
        raise invalid(f"'{key}' is not a tag key: it has up to {MAX_KEY} characters and none of {' '.join('.,-=/:')}.")
    if held >= MAX_TAGS:
        raise invalid(f"{of.type} '{of.name}' has {MAX_TAGS} tags, and can have no more.")


def _assignment(of: Entity, key: str, value: str) -> Body:
    return {"entity_type": of.type, "entity_name": of.name, "tag_key": key, "tag_value": value}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
