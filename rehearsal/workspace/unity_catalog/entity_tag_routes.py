"""HTTP of tag assignments."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import entity_tags
from rehearsal.workspace.unity_catalog.entity_tags import entity

router = APIRouter(prefix="/api/2.1/unity-catalog/entity-tag-assignments")


@router.post("")
def create_tag(body: Body, call: CallDep) -> dict[str, Any]:
    """Assign a tag."""
    of = entity(str(body.get("entity_type") or ""), str(body.get("entity_name") or ""))
    with call.store.transaction() as tx:
        return entity_tags.assign(
            tx, call.principal, of, str(body.get("tag_key") or ""), str(body.get("tag_value") or ""), new=True
        )


@router.get("/{entity_type}/{entity_name}/tags")
def list_tags(entity_type: str, entity_name: str, call: CallDep) -> dict[str, Any]:
    """All tags of an entity."""
    with call.store.transaction() as tx:
        return {"tag_assignments": entity_tags.listed(tx, call.principal, entity(entity_type, entity_name))}


@router.get("/{entity_type}/{entity_name}/tags/{tag_key}")
def get_tag(entity_type: str, entity_name: str, tag_key: str, call: CallDep) -> dict[str, Any]:
    """One tag of an entity."""
    with call.store.transaction() as tx:
        return entity_tags.find(tx, call.principal, entity(entity_type, entity_name), tag_key)


@router.patch("/{entity_type}/{entity_name}/tags/{tag_key}")
def update_tag(
    entity_type: str, entity_name: str, tag_key: str, update_mask: str, body: Body, call: CallDep
) -> dict[str, Any]:
    """Give a tag another value."""
    if set(update_mask.split(",")) - {"tag_value", "*"}:
        raise invalid(f"update_mask '{update_mask}' is not valid: only tag_value can be updated.")
    of = entity(entity_type, entity_name)
    with call.store.transaction() as tx:
        return entity_tags.assign(tx, call.principal, of, tag_key, str(body.get("tag_value") or ""), new=False)


@router.delete("/{entity_type}/{entity_name}/tags/{tag_key}")
def delete_tag(entity_type: str, entity_name: str, tag_key: str, call: CallDep) -> dict[str, Any]:
    """Take a tag off."""
    with call.store.transaction() as tx:
        entity_tags.unassign(tx, call.principal, entity(entity_type, entity_name), tag_key)
    return {}
