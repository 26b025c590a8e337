"""The ML engineer answers what a job asks people about: he looks at the version, then says yes by make, as anyone."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from databricks.sdk import WorkspaceClient

from environments import names
from environments.settings import Environment, Model
from rehearsal.play.deploy import ROOT
from rehearsal.play.report.model import Approval

_STATUS, _WAITS = f"{names.APPROVAL}_status", "PENDING"
_ASKED_SECONDS = 120
_POLL_SECONDS = 0.5


class NotApproved(Exception):
    """The answer could not be given; the message says why."""


def approve(client: WorkspaceClient, environment: Environment, model: Model) -> Approval:
    """Approve the Challenger as the client's own user, once the job waits for it. Raises NotApproved."""
    deadline = time.monotonic() + _ASKED_SECONDS
    while time.monotonic() < deadline:
        if version := waiting(client, environment, model):
            return answer(client, environment, model, version)
        time.sleep(_POLL_SECONDS)
    name = names.registered_model(environment, model)
    raise NotApproved(f"no version of {name} waited for approval within {_ASKED_SECONDS} s of the task's start")


def waiting(client: WorkspaceClient, environment: Environment, model: Model) -> int | None:
    """The version that a job waits for an answer about, if one does."""
    name = names.registered_model(environment, model)
    aliases = client.registered_models.get(name, include_aliases=True).aliases or []
    version = next((alias.version_num for alias in aliases if alias.alias_name == "Challenger"), None)
    return version if version and _tags(client, name, version).get(_STATUS) == _WAITS else None


def answer(client: WorkspaceClient, environment: Environment, model: Model, version: int) -> Approval:
    """Approve this version, for what validation said of it. Raises NotApproved."""
    name = names.registered_model(environment, model)
    reason = f"validation {_tags(client, name, version).get('model_validation_status', 'not told')}"
    _make(client, environment, f"MODEL={model.name}", f"VERSION={version}", f"REASON={reason}")
    tags = _tags(client, name, version)
    return Approval(
        environment=environment.name,
        model=name,
        version=version,
        answer=tags[names.APPROVAL],
        who=tags[f"{names.APPROVAL}_by"],
        why=tags[f"{names.APPROVAL}_reason"],
        at=datetime.now(UTC),
    )


def _tags(client: WorkspaceClient, name: str, version: int) -> dict[str, str]:
    answer: Any = client.api_client.do(
        "GET", "/api/2.0/mlflow/unity-catalog/model-versions/get", query={"name": name, "version": str(version)}
    )
    return {tag["key"]: tag.get("value", "") for tag in answer["model_version"].get("tags", [])}


def _make(client: WorkspaceClient, environment: Environment, *about: str) -> None:
    """Run `make approve` with a configuration file that signs in the client's user."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "databrickscfg"
        config.write_text(f"[{environment.profile}]\nhost = {client.config.host}\ntoken = {client.config.token}\n")
        ours = ("DATABRICKS_", "MLFLOW_", "MAKE", "MFLAGS")
        variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        done = subprocess.run(
            ["make", "--silent", "approve", f"ENV={environment.name}", *about],
            cwd=ROOT,
            env={**variables, "DATABRICKS_CONFIG_FILE": str(config)},
            capture_output=True,
            text=True,
        )
    if done.returncode != 0:
        raise NotApproved(f"`make approve` of {environment.name}: {(done.stdout + done.stderr).strip()}")
