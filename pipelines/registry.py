"""Model versions of the registry: found by URI or alias, with one clear message when they are not there."""

from __future__ import annotations

import re

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from environments import names
from pipelines.errors import PipelineError
from pipelines.task import Task

CHALLENGER, CHAMPION = "Challenger", "Champion"
STATUS, PENDING, PASSED, FAILED = "model_validation_status", "PENDING", "PASSED", "FAILED"
PROMOTION = "promotion"  # tag: why the version became Champion, or did not
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE")


def parse_uri(uri: str, expected_model: str) -> str:
    """The version of a URI such as `models:/catalog.schema.model/7`. Raises PipelineError for any other."""
    expected = f"models:/{expected_model}/<version>"
    match = re.fullmatch(r"models:/(?P<name>[^/@]+)/(?P<version>[0-9]+)", uri)
    if match is None or match["name"] != expected_model:
        raise PipelineError("model URI", repr(uri), expected)
    return match["version"]


def version_of(task: Task, client: MlflowClient) -> ModelVersion:
    """The version that the task's model URI names. Raises PipelineError when there is none."""
    name = names.registered_model(task.environment, task.model)
    number = parse_uri(task.model_uri, name)
    try:
        return client.get_model_version(name, number)
    except MlflowException as error:
        if error.error_code not in ABSENT:
            raise
        raise PipelineError(
            f"model URI {task.model_uri}", "no such version", f"a registered version of {name}"
        ) from error


def version_with_alias(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """The version that holds the alias now, if any does."""
    aliases = client.get_registered_model(name).aliases
    return client.get_model_version(name, str(aliases[alias])) if alias in aliases else None


def uri_of(version: ModelVersion) -> str:
    """The URI of exactly this version."""
    return f"models:/{version.name}/{version.version}"
