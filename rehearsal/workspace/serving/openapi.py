"""OpenAPI document of an endpoint, from the signatures of the models that it serves."""

from __future__ import annotations

from typing import Any

from mlflow.models import Model
from mlflow.types import DataType, Schema

from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import models

_TYPES: dict[DataType, dict[str, str]] = {
    DataType.boolean: {"type": "boolean"},
    DataType.integer: {"type": "integer", "format": "int32"},
    DataType.long: {"type": "integer", "format": "int64"},
    DataType.float: {"type": "number", "format": "float"},
    DataType.double: {"type": "number", "format": "double"},
    DataType.string: {"type": "string"},
    DataType.binary: {"type": "string", "format": "byte"},
    DataType.datetime: {"type": "string", "format": "date-time"},
}


def document(platform: Platform, endpoint: Body) -> dict[str, Any]:
    """One path for each served entity of the active configuration."""
    return {
        "openapi": "3.1.0",
        "info": {"title": endpoint["name"], "version": str(endpoint["config"]["config_version"])},
        "servers": [{"url": f"{platform.host(endpoint['workspace'])}/serving-endpoints/{endpoint['name']}"}],
        "paths": {
            f"/served-models/{entity['name']}/invocations": {"post": _operation(platform, entity)}
            for entity in endpoint["config"]["served_entities"]
        },
    }


def _operation(platform: Platform, entity: Body) -> dict[str, Any]:
    folder = models.version_path(platform, entity["entity_name"], int(entity["entity_version"]))
    signature = Model.load(str(folder)).signature
    record = _record(signature.inputs if signature else None)
    request = {
        "oneOf": [
            {"type": "object", "properties": {"dataframe_records": {"type": "array", "items": record}}},
            {
                "type": "object",
                "properties": {
                    "dataframe_split": {
                        "type": "object",
                        "required": ["columns", "data"],
                        "properties": {"columns": {"type": "array"}, "data": {"type": "array"}},
                    }
                },
            },
        ]
    }
    answer = {"type": "object", "properties": {"predictions": {"type": "array"}}}
    return {
        "requestBody": {"content": {"application/json": {"schema": request}}},
        "responses": {"200": {"description": "Success", "content": {"application/json": {"schema": answer}}}},
    }


def _record(schema: Schema | None) -> dict[str, Any]:
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return {"type": "object"}
    return {
        "type": "object",
        "required": schema.required_input_names(),
        "properties": {
            spec.name: _TYPES[spec.type] if isinstance(spec.type, DataType) else {} for spec in schema.inputs
        },
    }
