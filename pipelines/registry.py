"""Model versions of the registry: found by URI or alias, with one clear message when they are not there."""

from __future__ import annotations

import re
from datetime import datetime

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from environments import names
from pipelines.errors import PipelineError

CHALLENGER, CHAMPION = "Challenger", "Champion"
ROLLOUT = "Rollout"  # alias of the version to which traffic moves
STATUS, PENDING, PASSED, FAILED = "model_validation_status", "PENDING", "PASSED", "FAILED"
PROMOTION = "promotion"  # tag: why the version became Champion, or did not
# Approval: people say APPROVED or REJECTED by the first tag, whatever its case, and may say who they are and why; the
# task that asks them writes the others, and TIMED_OUT when nobody has answered.
ANSWER, ANSWERED_BY, ANSWER_REASON = names.APPROVAL, f"{names.APPROVAL}_by", f"{names.APPROVAL}_reason"
APPROVAL_STATUS, ANSWERED_AT = f"{names.APPROVAL}_status", f"{names.APPROVAL}_at"
APPROVED, REJECTED, TIMED_OUT = "APPROVED", "REJECTED", "TIMED_OUT"
TAG_LENGTH = 250  # Unity Catalog keeps 256 characters of a tag's value
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE")


def parse_uri(uri: str, expected_model: str) -> str:
    """The version of a URI such as `models:/catalog.schema.model/7`. Raises PipelineError for any other."""
    expected = f"models:/{expected_model}/<version>"
    match = re.fullmatch(r"models:/(?P<name>[^/@]+)/(?P<version>[0-9]+)", uri)
    if match is None or match["name"] != expected_model:
        raise PipelineError("model URI", repr(uri), expected)
    return match["version"]


def version_of(client: MlflowClient, name: str, uri: str) -> ModelVersion:
    """The model's version that the URI names. Raises PipelineError when there is none."""
    return find_version(client, name, parse_uri(uri, name))


def find_version(client: MlflowClient, name: str, number: str) -> ModelVersion:
    """The model's version of that number. Raises PipelineError when there is none."""
    try:
        return client.get_model_version(name, number)
    except MlflowException as error:
        if error.error_code not in ABSENT:
            raise
        raise PipelineError(
            f"model URI models:/{name}/{number}", "no such version", f"a registered version of {name}"
        ) from error


def version_with_alias(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """The version that holds the alias now, if any does."""
    aliases = client.get_registered_model(name).aliases
    return client.get_model_version(name, str(aliases[alias])) if alias in aliases else None


def has_alias(client: MlflowClient, version: ModelVersion, alias: str) -> bool:
    """Does the version hold the alias now?"""
    holder = version_with_alias(client, version.name, alias)
    return holder is not None and holder.version == version.version


def take_alias(client: MlflowClient, version: ModelVersion, alias: str) -> None:
    """Take the alias from the version, if it holds it now."""
    if has_alias(client, version, alias):
        client.delete_registered_model_alias(version.name, alias)


def require_passed(version: ModelVersion) -> None:
    """Raises PipelineError for a version that has not passed validation."""
    status = version.tags.get(STATUS, "not set")
    if status != PASSED:
        raise PipelineError(f"model {uri_of(version)}, tag {STATUS}", status, PASSED)


def moment_of(time: datetime) -> str:
    """A time (UTC) as versions' tags and descriptions tell it to people: `2026-11-27 08:34 UTC`."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def uri_of(version: ModelVersion) -> str:
    """The URI of exactly this version."""
    return f"models:/{version.name}/{version.version}"
