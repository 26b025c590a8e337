"""Model versions as MLflow's `databricks-uc` registry asks for them: created, filled with files, then finalized."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from databricks.sdk.service.catalog import ModelVersionInfo, ModelVersionInfoStatus

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.mlflow import registry_json
from rehearsal.workspace.mlflow.registry_access import (
    model_name,
    require_any,
    require_read,
    require_tagging,
    require_version_write,
    version_number,
)
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, models, storage
from rehearsal.workspace.unity_catalog.privileges import MODEL

Request = dict[str, Any]
Answer = dict[str, Any]
READY = ModelVersionInfoStatus.READY
LINEAGE = "mlflow_model_version_lineage"
_PAGE = 10_000
_CONDITION = re.compile(r"\s*(name|run_id|source_path)\s*=\s*(?:'([^']*)'|\"([^\"]*)\")\s*", re.IGNORECASE)


def create(call: Call, request: Request, lineage: str | None) -> Answer:
    """Begin a version: it is PENDING_REGISTRATION until its files are there and `finalize` says so.

    Args:
        lineage: the client's `X-Databricks-Lineage-Identifier`: which job and tables the model comes from.
    """
    name = model_name(request)
    if not request.get("source"):
        raise invalid("Missing required field: source")
    server = str(request.get("run_tracking_server_id") or "")
    with call.store.transaction() as tx:
        require_version_write(tx, call, name)
        info = models.create_version(
            tx,
            call.principal,
            name,
            source=request["source"],
            run_id=request.get("run_id"),
            run_workspace_id=int(server) if server.isdigit() else None,
            comment=request.get("description"),
        )
        version = int(info.version or 0)
        models.set_version_tags(tx, call.principal, name, version, registry_json.tags_from(request.get("tags")))
        kept = ("model_id", "feature_deps", "model_version_dependencies")
        origin = {key: request[key] for key in kept if request.get(key)}
        tx.put(registry_json.ORIGIN, str(info.id), {**origin, **({"lineage": lineage} if lineage else {})})
        return _answer(tx, models.find_version(tx, name, version))


def finalize(call: Call, request: Request) -> Answer:
    """Make a version READY. Raises DatabricksError 400 when its files are not there."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_version_write(tx, call, name)
        info = models.find_version(tx, name, version)
        if not (Path(str(info.storage_location)) / "MLmodel").is_file():
            raise invalid(f"Version {version} of '{name}' cannot be finalized: its file MLmodel was not uploaded.")
        return _answer(tx, models.update_version(tx, call.principal, name, version, status=READY))


def get(call: Call, request: Request) -> Answer:
    """One version."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_read(tx, call, name)
        return _answer(tx, models.find_version(tx, name, version))


def search(call: Call, request: Request) -> Answer:
    """Versions of a model or of a run, newest first, of the models that the caller may use."""
    with call.store.transaction() as tx:
        wanted = _conditions(str(request.get("filter") or ""))
        if "name" in wanted:
            require_read(tx, call, wanted["name"])
            names = [wanted["name"]]
        else:
            everything = [str(model.full_name) for model in models.models_in(tx)]
            names = [name for name in everything if access.may(tx, call.principal, MODEL, name, "EXECUTE")]
        found = [
            registry_json.model_version(tx, version)
            for name in names
            for version in reversed(models.versions(tx, name))
            if wanted.get("run_id") in (None, version.run_id) and wanted.get("source_path") in (None, version.source)
        ]
    return registry_json.page(found, request, "model_versions", _PAGE)


def update(call: Call, request: Request) -> Answer:
    """Change the description."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_version_write(tx, call, name)
        info = models.update_version(tx, call.principal, name, version, comment=request.get("description"))
        return _answer(tx, info)


def delete(call: Call, request: Request) -> Answer:
    """Delete a version with its files (owner or MANAGE); its number is not used again."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_any(tx, call, name)
        folder = models.delete_version(tx, name, version)
    storage.remove_folders([folder])
    return {}


def set_tag(call: Call, request: Request) -> Answer:
    """Set one tag."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_tagging(tx, call, name)
        tags = models.version_tags(tx, name, version) | registry_json.tags_from([request])
        models.set_version_tags(tx, call.principal, name, version, tags)
    return {}


def delete_tag(call: Call, request: Request) -> Answer:
    """Remove one tag."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_tagging(tx, call, name)
        tags = models.version_tags(tx, name, version)
        tags.pop(str(request.get("key")), None)
        models.set_version_tags(tx, call.principal, name, version, tags)
    return {}


def download_uri(call: Call, request: Request) -> Answer:
    """Where the files are, as a cloud location; refused while the version is not READY."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_read(tx, call, name)
        info = _ready(models.find_version(tx, name, version))
    return {"artifact_uri": storage.public_location(info.storage_location)}


def temporary_credentials(call: Call, request: Request) -> Answer:
    """Answers as for default storage, where a client gets no cloud credentials but moves files by the workspace."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        if request.get("operation") == "MODEL_VERSION_OPERATION_READ_WRITE":
            require_version_write(tx, call, name)
        else:
            require_read(tx, call, name)
            _ready(models.find_version(tx, name, version))
    return {"credentials": {"storage_mode": "DEFAULT_STORAGE", "expiration_time": storage.now() + 3_600_000}}


def emit_lineage(call: Call, request: Request) -> Answer:
    """Keep who uses the version; the client tells it before it loads one, and is warned when it is not READY."""
    name, version = model_name(request), version_number(request)
    with call.store.transaction() as tx:
        require_read(tx, call, name)
        info = _ready(models.find_version(tx, name, version))
        use = {
            "model": name,
            "version": version,
            "at": storage.now(),
            "by": call.principal.name,
            "workspace": call.workspace,
            "lineage": request.get("model_version_lineage_info", {}),
        }
        tx.put(LINEAGE, f"{info.id}/{tx.next_id(LINEAGE):09d}", use)
    return {}


def _answer(tx: Transaction, info: ModelVersionInfo) -> Answer:
    return {"model_version": registry_json.model_version(tx, info)}


def _ready(info: ModelVersionInfo) -> ModelVersionInfo:
    if info.status is not READY:
        status = info.status.value if info.status else "of unknown status"
        raise DatabricksError(400, "INVALID_STATE", f"Model version {info.version} is {status}, not READY.")
    return info


def _conditions(filter_string: str) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for part in re.split(r"\s+and\s+", filter_string.strip(), flags=re.IGNORECASE) if filter_string.strip() else []:
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise invalid(f"Invalid filter '{filter_string}': expected e.g. name='catalog.schema.model'.")
        wanted[match[1].lower()] = match[2] if match[2] is not None else match[3]
    return wanted
