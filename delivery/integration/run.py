"""The integration test: each model's whole life in staging, on the subset and with the iterations of its settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence

import mlflow
from databricks.sdk import WorkspaceClient
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from delivery.disposable import require_disposable
from delivery.errors import DeliveryError
from delivery.forge import Forge
from delivery.integration.endpoint import temporary_endpoint
from delivery.integration.jobs import run
from delivery.integration.load import Load, apply_load, require
from environments import names
from environments.settings import Environment, Model
from pipelines.deployment.asking import example_request
from pipelines.registry import require_passed, uri_of

Say = Callable[[str], None]


def integrate(environment: Environment, models: Sequence[Model], forge: Forge | None, say: Say) -> None:
    """Raises DeliveryError with the first thing that fails."""
    require_disposable(environment)
    # MLflow takes a profile by its URI for runs and versions, but not for files, which it asks for as the default one.
    os.environ["DATABRICKS_CONFIG_PROFILE"] = environment.profile
    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri("databricks-uc")
    commit = forge.run.commit if forge else _commit()
    for model in models:
        for purpose in ("data", "training"):
            say(run(environment, model, purpose))
        _load(environment, model, commit, say)
        for purpose in ("batch-inference", *(["streaming-inference"] if model.streaming else []), "monitoring"):
            say(run(environment, model, purpose))


def _load(environment: Environment, model: Model, commit: str, say: Say) -> None:
    """The version that was just trained answers, one request and then many, on an endpoint of its own."""
    version = _newest(names.registered_model(environment, model))
    require_passed(version)
    client, request, load = WorkspaceClient(profile=environment.profile), example_request(version), Load()
    with temporary_endpoint(client, environment, model, version, commit) as endpoint:
        answer = client.serving_endpoints.query(endpoint, dataframe_records=request["dataframe_records"])
        asked, told = len(request["dataframe_records"]), len(answer.predictions or [])
        if told != asked:
            raise DeliveryError(f"serving endpoint {endpoint}", f"{told} predictions", f"{asked}")
        url = f"{client.config.host}/serving-endpoints/{endpoint}/invocations"
        answers = apply_load(url, client.config.authenticate(), request, load)
        require(endpoint, answers, load)
        say(f"{uri_of(version)} at endpoint {endpoint}: {answers}")
    say(f"endpoint {endpoint} is removed")


def _newest(name: str) -> ModelVersion:
    versions = list(MlflowClient().search_model_versions(f"name='{name}'"))
    if not versions:
        raise DeliveryError(f"model {name}", "no version", "the one that its training job registered")
    newest = max(versions, key=lambda version: int(version.version))
    # Only when asked for alone, a version comes with its tags.
    return MlflowClient().get_model_version(name, str(newest.version))


def _commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
