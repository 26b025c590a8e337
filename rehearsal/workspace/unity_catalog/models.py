"""Registered models and their versions, aliases and tags: what both the Unity Catalog API and MLflow's registry show.

Documents: `uc_model` under "c.s.m" (RegisteredModelInfo and `tags`), `uc_model_version` under "c.s.m/000007"
(ModelVersionInfo and `tags`). Aliases are stored on the model only.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from databricks.sdk.service.catalog import (
    ModelVersionInfo,
    ModelVersionInfoStatus,
    RegisteredModelAlias,
    RegisteredModelInfo,
)

from rehearsal.workspace import clock
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, functions, managed_storage, securables, storage
from rehearsal.workspace.unity_catalog.names import checked
from rehearsal.workspace.unity_catalog.privileges import MANAGE, MODEL, SCHEMA

VERSION = "uc_model_version"


def find_model(tx: Transaction, full_name: str) -> RegisteredModelInfo:
    """The registered model with its aliases. Raises DatabricksError 404. Checks no privilege."""
    return RegisteredModelInfo.from_dict(_model(tx, full_name))


def find_version(tx: Transaction, full_name: str, version: int) -> ModelVersionInfo:
    """A version with the aliases that point to it. Raises DatabricksError 404. Checks no privilege."""
    model = find_model(tx, full_name)
    info = ModelVersionInfo.from_dict(_version(tx, full_name, version))
    info.aliases = [alias for alias in model.aliases or [] if alias.version_num == version]
    return info


def versions(tx: Transaction, full_name: str) -> list[ModelVersionInfo]:
    """All versions of the model, oldest first, with their aliases."""
    find_model(tx, full_name)
    keys = [body["version"] for body in tx.list(VERSION, f"{full_name.lower()}/")]
    return [find_version(tx, full_name, version) for version in keys]


def models_in(tx: Transaction, schema: str = "") -> list[RegisteredModelInfo]:
    """Models of a schema `c.s`, or of the whole metastore."""
    return [RegisteredModelInfo.from_dict(body) for body in securables.within(tx, MODEL, schema)]


def resolve_alias(tx: Transaction, full_name: str, alias: str) -> int:
    """The version that the alias points to. Raises DatabricksError 404."""
    for known in find_model(tx, full_name).aliases or []:
        if str(known.alias_name).lower() == alias.lower():
            return int(known.version_num or 0)
    raise not_found(f"Registered model alias '{alias}' does not exist for model '{full_name}'.")


def version_path(platform: Platform, full_name: str, version: int) -> Path:
    """The folder of a version's files (which may not have been made yet)."""
    with platform.store.transaction() as tx:
        return Path(str(_version(tx, full_name, version)["storage_location"]))


def create_model(
    tx: Transaction, principal: Principal, platform: Platform, full_name: str, comment: str | None = None
) -> RegisteredModelInfo:
    """Register a model.

    Raises DatabricksError: 403 without CREATE MODEL or CREATE FUNCTION on the schema, 409 when the name is taken.
    """
    catalog, schema, name = checked(full_name, 3)
    if not access.may(tx, principal, SCHEMA, f"{catalog}.{schema}", "CREATE_FUNCTION"):  # either will do
        access.require(tx, principal, SCHEMA, f"{catalog}.{schema}", "CREATE_MODEL")
    functions.require_free(tx, full_name)
    now = clock.milliseconds(tx)
    model = RegisteredModelInfo(
        name=name,
        catalog_name=catalog,
        schema_name=schema,
        full_name=f"{catalog}.{schema}.{name}",
        comment=comment,
        owner=principal.name,
        metastore_id=storage.METASTORE_ID,
        storage_location=str(managed_storage.new_folder(platform, catalog, schema, "models")),
        created_at=now,
        created_by=principal.name,
        updated_at=now,
        updated_by=principal.name,
    )
    securables.write(tx, MODEL, full_name, {**model.as_dict(), "tags": {}})
    return model


def update_model(
    tx: Transaction, principal: Principal, full_name: str, comment: str | None = None, owner: str | None = None
) -> RegisteredModelInfo:
    """Change comment or owner; the caller has checked privileges and the new owner."""
    body = _model(tx, full_name)
    body.update({key: value for key, value in (("comment", comment), ("owner", owner)) if value is not None})
    _save_model(tx, principal, body)
    return find_model(tx, full_name)


def delete_model(tx: Transaction, principal: Principal, full_name: str, force: bool = False) -> Path:
    """Delete a model; with `force` its versions too. Returns its folder, to be removed once this is durable."""
    access.require(tx, principal, MODEL, full_name, MANAGE)
    held = tx.list(VERSION, f"{full_name.lower()}/")
    if held and not force:
        raise invalid(f"Registered model '{full_name}' is not empty. The model has {len(held)} version(s)", "NOT_EMPTY")
    forget_versions(tx, full_name)
    folder = Path(str(_model(tx, full_name)["storage_location"]))
    securables.remove(tx, MODEL, full_name)
    return folder


def forget_versions(tx: Transaction, full_name: str) -> None:
    """Drop all versions of a model; checks nothing."""
    for body in tx.list(VERSION, f"{full_name.lower()}/"):
        tx.delete(VERSION, _key(full_name, int(body["version"])))


def rename_versions(tx: Transaction, full_name: str, new: str) -> None:
    """The model has another full name now; the caller writes the model itself. Aliases name the model, too."""
    for body in tx.list(VERSION, f"{full_name.lower()}/"):
        tx.delete(VERSION, _key(full_name, int(body["version"])))
        tx.put(VERSION, _key(new, int(body["version"])), {**body, "model_name": new.rpartition(".")[2]})


def create_version(
    tx: Transaction,
    principal: Principal,
    full_name: str,
    source: str | None,
    run_id: str | None = None,
    run_workspace_id: int | None = None,
    comment: str | None = None,
) -> ModelVersionInfo:
    """Begin the next version, PENDING_REGISTRATION until its files are there. The caller has checked privileges."""
    model = _model(tx, full_name)
    # A number is not used again after its version is deleted.
    number = int(model.get("last_version", 0)) + 1
    _save_model(tx, principal, {**model, "last_version": number})
    now = clock.milliseconds(tx)
    info = ModelVersionInfo(
        version=number,
        id=str(uuid.uuid4()),
        model_name=model["name"],
        catalog_name=model["catalog_name"],
        schema_name=model["schema_name"],
        metastore_id=storage.METASTORE_ID,
        source=source,
        run_id=run_id,
        run_workspace_id=run_workspace_id,
        comment=comment,
        status=ModelVersionInfoStatus.PENDING_REGISTRATION,
        storage_location=str(Path(model["storage_location"]) / "versions" / str(uuid.uuid4())),
        created_at=now,
        created_by=principal.name,
        updated_at=now,
        updated_by=principal.name,
    )
    tx.put(VERSION, _key(full_name, number), {**info.as_dict(), "tags": {}})
    return info


def update_version(
    tx: Transaction,
    principal: Principal,
    full_name: str,
    version: int,
    comment: str | None = None,
    status: ModelVersionInfoStatus | None = None,
) -> ModelVersionInfo:
    """Change comment or status; the caller has checked privileges."""
    body = _version(tx, full_name, version)
    if comment is not None:
        body["comment"] = comment
    if status is not None:
        body["status"] = status.value
    _save_version(tx, principal, full_name, body)
    return find_version(tx, full_name, version)


def delete_version(tx: Transaction, full_name: str, version: int) -> Path:
    """Delete a version and aliases to it; returns its folder, to be removed once this is durable."""
    folder = Path(str(_version(tx, full_name, version)["storage_location"]))
    model = _model(tx, full_name)
    model["aliases"] = [alias for alias in model.get("aliases", []) if alias["version_num"] != version]
    tx.delete(VERSION, _key(full_name, version))
    securables.write(tx, MODEL, full_name, model)
    return folder


def set_alias(tx: Transaction, principal: Principal, full_name: str, alias: str, version: int) -> RegisteredModelAlias:
    """Point an alias to a version, away from where it pointed. The caller has checked privileges."""
    _version(tx, full_name, version)
    model = _model(tx, full_name)
    info = RegisteredModelAlias(
        alias_name=alias,
        version_num=version,
        id=str(uuid.uuid4()),
        model_name=model["name"],
        catalog_name=model["catalog_name"],
        schema_name=model["schema_name"],
    )
    _save_model(tx, principal, {**model, "aliases": [*_other_aliases(model, alias), info.as_dict()]})
    return info


def delete_alias(tx: Transaction, principal: Principal, full_name: str, alias: str) -> None:
    """Remove an alias; it is no error when there is none. The caller has checked privileges."""
    model = _model(tx, full_name)
    _save_model(tx, principal, {**model, "aliases": _other_aliases(model, alias)})


def model_tags(tx: Transaction, full_name: str) -> dict[str, str]:
    """The model's tags."""
    return dict(_model(tx, full_name).get("tags", {}))


def set_model_tags(tx: Transaction, principal: Principal, full_name: str, tags: dict[str, str]) -> None:
    """Replace the model's tags."""
    _save_model(tx, principal, {**_model(tx, full_name), "tags": tags})


def version_tags(tx: Transaction, full_name: str, version: int) -> dict[str, str]:
    """The version's tags."""
    return dict(_version(tx, full_name, version).get("tags", {}))


def set_version_tags(tx: Transaction, principal: Principal, full_name: str, version: int, tags: dict[str, str]) -> None:
    """Replace the version's tags."""
    _save_version(tx, principal, full_name, {**_version(tx, full_name, version), "tags": tags})


def _other_aliases(model: Body, alias: str) -> list[Body]:
    return [known for known in model.get("aliases", []) if known["alias_name"].lower() != alias.lower()]


def _model(tx: Transaction, full_name: str) -> Body:
    return securables.find(tx, MODEL, full_name)


def _version(tx: Transaction, full_name: str, version: int) -> Body:
    _model(tx, full_name)
    body = tx.get(VERSION, _key(full_name, version))
    if body is None:
        raise not_found(f"Model version '{full_name}' version {version} does not exist.")
    return body


def _save_model(tx: Transaction, principal: Principal, body: Body) -> None:
    body = {**body, "updated_at": clock.milliseconds(tx), "updated_by": principal.name}
    securables.write(tx, MODEL, body["full_name"], body)


def _save_version(tx: Transaction, principal: Principal, full_name: str, body: Body) -> None:
    body = {**body, "updated_at": clock.milliseconds(tx), "updated_by": principal.name}
    tx.put(VERSION, _key(full_name, int(body["version"])), body)


def _key(full_name: str, version: int) -> str:
    return f"{full_name.lower()}/{version:06d}"
