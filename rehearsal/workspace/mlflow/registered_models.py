"""Registered models, their tags and aliases, as MLflow's `databricks-uc` registry asks for them."""

from __future__ import annotations

from typing import Any

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.mlflow import registry_json
from rehearsal.workspace.mlflow.registry_access import (
    model_name,
    require_any,
    require_read,
    require_tagging,
    require_version_write,
    version_number,
)
from rehearsal.workspace.unity_catalog import access, models, storage
from rehearsal.workspace.unity_catalog.privileges import MODEL

Request = dict[str, Any]
Answer = dict[str, Any]
_PAGE = 100


def create(call: Call, request: Request) -> Answer:
    """Register a model (CREATE_MODEL on the schema)."""
    name = model_name(request)
    with call.store.transaction() as tx:
        models.create_model(tx, call.principal, call.platform, name, request.get("description"))
        models.set_model_tags(tx, call.principal, name, registry_json.tags_from(request.get("tags")))
        return {"registered_model": registry_json.registered_model(tx, models.find_model(tx, name))}


def get(call: Call, request: Request) -> Answer:
    """A model with its aliases and tags."""
    name = model_name(request)
    with call.store.transaction() as tx:
        require_read(tx, call, name)
        return {"registered_model": registry_json.registered_model(tx, models.find_model(tx, name))}


def search(call: Call, request: Request) -> Answer:
    """Every model of the metastore that the caller may see."""
    with call.store.transaction() as tx:
        found = [
            registry_json.registered_model(tx, info)
            for info in models.models_in(tx)
            if access.visible(tx, call.principal, MODEL, str(info.full_name))
        ]
    return registry_json.page(found, request, "registered_models", _PAGE)


def update(call: Call, request: Request) -> Answer:
    """Change the description (owner or MANAGE)."""
    name = model_name(request)
    for unsupported in ("new_name", "deployment_job_id"):
        if request.get(unsupported):
            raise invalid(f"Changing {unsupported} of registered model '{name}' is not supported.")
    with call.store.transaction() as tx:
        require_any(tx, call, name)
        info = models.update_model(tx, call.principal, name, comment=request.get("description"))
        return {"registered_model": registry_json.registered_model(tx, info)}


def delete(call: Call, request: Request) -> Answer:
    """Delete the model with all its versions (owner or MANAGE)."""
    name = model_name(request)
    with call.store.transaction() as tx:
        folder = models.delete_model(tx, call.principal, name, force=True)
    storage.remove_folders([folder])
    return {}


def set_tag(call: Call, request: Request) -> Answer:
    """Set one tag."""
    name = model_name(request)
    with call.store.transaction() as tx:
        require_tagging(tx, call, name)
        tags = models.model_tags(tx, name) | registry_json.tags_from([request])
        models.set_model_tags(tx, call.principal, name, tags)
    return {}


def delete_tag(call: Call, request: Request) -> Answer:
    """Remove one tag."""
    name = model_name(request)
    with call.store.transaction() as tx:
        require_tagging(tx, call, name)
        tags = models.model_tags(tx, name)
        tags.pop(str(request.get("key")), None)
        models.set_model_tags(tx, call.principal, name, tags)
    return {}


def set_alias(call: Call, request: Request) -> Answer:
    """Point an alias to a version."""
    name, alias = model_name(request), _alias(request)
    with call.store.transaction() as tx:
        require_version_write(tx, call, name)
        models.set_alias(tx, call.principal, name, alias, version_number(request))
    return {}


def delete_alias(call: Call, request: Request) -> Answer:
    """Remove an alias."""
    name, alias = model_name(request), _alias(request)
    with call.store.transaction() as tx:
        require_version_write(tx, call, name)
        models.delete_alias(tx, call.principal, name, alias)
    return {}


def get_by_alias(call: Call, request: Request) -> Answer:
    """The version that an alias points to."""
    name, alias = model_name(request), _alias(request)
    with call.store.transaction() as tx:
        require_read(tx, call, name)
        version = models.find_version(tx, name, models.resolve_alias(tx, name, alias))
        return {"model_version": registry_json.model_version(tx, version)}


def _alias(request: Request) -> str:
    if not request.get("alias"):
        raise invalid("Missing required field: alias")
    return str(request["alias"])
