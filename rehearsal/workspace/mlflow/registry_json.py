"""Unity Catalog's models and versions in the words of MLflow's `databricks-uc` registry protocol."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.catalog import ModelVersionInfo, RegisteredModelAlias, RegisteredModelInfo

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import models, storage

# What MLflow knows of a version beyond Unity Catalog's own document, by the version's id.
ORIGIN = "mlflow_model_version_origin"


def registered_model(tx: Transaction, info: RegisteredModelInfo) -> dict[str, Any]:
    """A `RegisteredModel` message."""
    return _without_nothing(
        name=info.full_name,
        creation_timestamp=info.created_at,
        last_updated_timestamp=info.updated_at,
        user_id=info.created_by,
        description=info.comment,
        aliases=[_alias(alias) for alias in info.aliases or []],
        tags=_tags(models.model_tags(tx, str(info.full_name))),
    )


def model_version(tx: Transaction, info: ModelVersionInfo) -> dict[str, Any]:
    """A `ModelVersion` message."""
    name, version = full_name(info), int(info.version or 0)
    return _without_nothing(
        name=name,
        version=str(version),
        creation_timestamp=info.created_at,
        last_updated_timestamp=info.updated_at,
        user_id=info.created_by,
        description=info.comment,
        source=info.source,
        run_id=info.run_id,
        run_tracking_server_id=str(info.run_workspace_id) if info.run_workspace_id else None,
        status=info.status.value if info.status else None,
        storage_location=storage.public_location(info.storage_location),
        aliases=[_alias(alias) for alias in info.aliases or []],
        tags=_tags(models.version_tags(tx, name, version)),
        **{key: value for key, value in (tx.get(ORIGIN, str(info.id)) or {}).items() if key in _ORIGIN_FIELDS},
    )


_ORIGIN_FIELDS = ("model_id", "run_experiment_id")


def full_name(info: ModelVersionInfo) -> str:
    """The three-level name of a version's model."""
    return f"{info.catalog_name}.{info.schema_name}.{info.model_name}"


def tags_from(items: list[dict[str, str]] | None) -> dict[str, str]:
    """Tags of a request, as key to value."""
    return {item["key"]: item.get("value", "") for item in items or []}


def page(items: list[dict[str, Any]], request: dict[str, Any], key: str, at_most: int) -> dict[str, Any]:
    """One page of an answer; the token is the place where the next one begins."""
    token, wanted = str(request.get("page_token") or "0"), str(request.get("max_results") or at_most)
    if not token.isdigit() or not wanted.isdigit():
        raise invalid("page_token and max_results must be what an earlier answer and the documentation say.")
    begin, size = int(token), min(int(wanted), at_most)
    answer: dict[str, Any] = {key: items[begin : begin + size]}
    if begin + size < len(items):
        answer["next_page_token"] = str(begin + size)
    return answer


def _alias(alias: RegisteredModelAlias) -> dict[str, str]:
    return {"alias": str(alias.alias_name), "version": str(alias.version_num)}


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _without_nothing(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}
