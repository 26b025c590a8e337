"""Another name for a volume or a registered model, in its schema: grants, tags, versions and files go along."""

from __future__ import annotations

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, functions, models, securables, storage
from rehearsal.workspace.unity_catalog.names import part
from rehearsal.workspace.unity_catalog.privileges import MANAGE, MODEL, VOLUME


def rename(tx: Transaction, principal: Principal, kind: str, full_name: str, wanted: str) -> str:
    """Give the object a new name; returns its new full name.

    Args:
        kind: VOLUME or MODEL.

    Raises DatabricksError: 403 without MANAGE, 404, 400 for what is no name, 409 for a name that is taken.
    """
    access.require(tx, principal, kind, full_name, MANAGE)
    body = securables.find(tx, kind, full_name)
    name = part(wanted, "new_name")
    new = f"{body['catalog_name']}.{body['schema_name']}.{name}"
    if name == body["name"]:
        return new
    if kind == MODEL:
        functions.require_free(tx, new)
    elif securables.read(tx, kind, new) is not None:
        raise already_exists(f"Volume '{new}' already exists", "VOLUME_ALREADY_EXISTS")
    _move(tx, securables.GRANTS, securables.grants_key(kind, full_name), securables.grants_key(kind, new))
    if kind == VOLUME:
        for key, tag in tx.items(securables.TAGS, f"volumes:{full_name.lower()}/"):
            tx.delete(securables.TAGS, key)
            tx.put(securables.TAGS, f"volumes:{new}/{tag['tag_key']}", {**tag, "entity_name": new})
    else:
        models.rename_versions(tx, str(body["full_name"]), new)
    securables.remove(tx, kind, full_name)
    aliases = [{**alias, "model_name": name} for alias in body.get("aliases", [])]
    changed = {"name": name, "full_name": new, "updated_at": storage.now(), "updated_by": principal.name}
    securables.write(tx, kind, new, {**body, **changed, **({"aliases": aliases} if aliases else {})})
    return new


def _move(tx: Transaction, kind: str, old: str, new: str) -> None:
    body = tx.get(kind, old)
    if body is not None:
        tx.delete(kind, old)
        tx.put(kind, new, body)
