"""The task that waits for approval and the people who answer it, at the workspace's registry."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest
from databricks.sdk.service.catalog import PermissionsChange, Privilege, SecurableType

from environments import names
from environments.settings import Model, load_environment, load_model
from pipelines.deployment import approval
from pipelines.errors import PipelineError
from pipelines.models import load_code
from pipelines.task import Task
from rehearsal.workspace.identity import principals
from rehearsal.workspace.unity_catalog import models
from tests.workspace.conftest import ROOT, Server
from tests.workspace.delta_support import platform_of
from tests.workspace.mlflow_users import Users

OWNER, ENGINEER, SCIENTIST = "jobs@example.com", "max@example.com", "dana@example.com"
PROD, MODEL = load_environment("prod"), load_model("flight_delay")
NAME = names.registered_model(PROD, MODEL)
CATALOG, SCHEMA, _ = NAME.split(".")
PATIENCE_SECONDS = 20
READING = [Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.EXECUTE]
Answers = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def registered(server: Server) -> Iterator[str]:
    """The model, owned by the jobs; the engineer may tag its versions, the scientist may read them."""
    admin = server.admin("prod")
    known = {user.user_name for user in admin.users_v2.list()}
    for name in {OWNER, ENGINEER, SCIENTIST} - known:
        admin.users_v2.create(user_name=name)
    admin.catalogs.create(CATALOG)
    admin.schemas.create(SCHEMA, CATALOG)
    admin.registered_models.create(catalog_name=CATALOG, schema_name=SCHEMA, name=MODEL.name)
    reading = [PermissionsChange(principal=name, add=READING) for name in (OWNER, ENGINEER, SCIENTIST)]
    admin.grants.update(SecurableType.CATALOG.value, CATALOG, changes=reading)
    tagging = PermissionsChange(principal=ENGINEER, add=[Privilege.APPLY_TAG])
    admin.grants.update("function", NAME, changes=[tagging])
    admin.registered_models.update(NAME, owner=OWNER)
    yield NAME
    admin.catalogs.delete(CATALOG, force=True)


@pytest.fixture
def client(server: Server, registered: str, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    """The jobs' registry client; the task in this process is the jobs', too, and looks often."""
    Users(server, monkeypatch).acts_as(OWNER, "prod")
    monkeypatch.setattr(approval, "POLL_SECONDS", 0.1)
    mlflow.set_registry_uri("databricks-uc")
    return mlflow.MlflowClient("databricks", "databricks-uc")


@pytest.fixture
def challenger(server: Server, client: mlflow.MlflowClient) -> str:
    """The number of a new version that has passed validation."""
    with platform_of(server).store.transaction() as tx:
        number = str(models.create_version(tx, principals.load(tx, OWNER, "prod"), NAME, None).version)
    client.set_model_version_tag(NAME, number, "model_validation_status", "PASSED")
    client.set_registered_model_alias(NAME, "Challenger", number)
    return number


@pytest.fixture
def answers(server: Server, tmp_path: Path) -> Answers:
    """Runs the command for people as somebody, by a configuration file of his own."""

    def run(who: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        config = tmp_path / f"{who}.cfg"
        token = server.client(who, "prod").config.token
        config.write_text(f"[{PROD.profile}]\nhost = {server.host('prod')}\ntoken = {token}\n")
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "MLFLOW_"))}
        command = [sys.executable, "-m", "pipelines.deployment.answer", *arguments]
        return subprocess.run(
            [*command, "--environment=prod", "--model=flight_delay"],
            cwd=ROOT,
            env={**ours, "DATABRICKS_CONFIG_FILE": str(config)},
            capture_output=True,
            text=True,
        )

    return run


def task(number: str, minutes: float = 1) -> Task:
    """The task for a version; people have so long."""
    rules = MODEL.promotion.approval
    assert rules
    promotion = MODEL.promotion.model_copy(update={"approval": rules.model_copy(update={"timeout_minutes": minutes})})
    model: Model = MODEL.model_copy(update={"promotion": promotion})
    return Task("approval", PROD, model, load_code(MODEL.name), "code", f"models:/{NAME}/{number}")


def begun(client: mlflow.MlflowClient, number: str) -> tuple[threading.Thread, list[str]]:
    """The task under way in a thread, and what it will have ended with."""
    ends: list[str] = []

    def work() -> None:
        try:
            approval.approve(task(number))
        except PipelineError as error:
            ends.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while tags(client, number).get("approval_status") != "PENDING":
        assert time.monotonic() < deadline and thread.is_alive(), ends
        time.sleep(0.1)
    return thread, ends


def tags(client: mlflow.MlflowClient, number: str) -> dict[str, str]:
    return dict(client.get_model_version(NAME, number).tags)


def aliases(client: mlflow.MlflowClient) -> dict[str, str]:
    return {alias: str(number) for alias, number in client.get_registered_model(NAME).aliases.items()}


def test_an_engineer_approves_and_a_reader_may_not(
    client: mlflow.MlflowClient, challenger: str, answers: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "pipelines")
    thread, ends = begun(client, challenger)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while f"make approve ENV=prod MODEL=flight_delay VERSION={challenger}" not in caplog.text:  # said after the tag
        assert time.monotonic() < deadline, caplog.text
        time.sleep(0.1)
    refused = answers(SCIENTIST, "approve")
    assert refused.returncode == 1 and "PERMISSION_DENIED" in refused.stderr and "Traceback" not in refused.stderr
    assert thread.is_alive() and "approval" not in tags(client, challenger)
    done = answers(ENGINEER, "approve", "--reason", "looked at the slices; costs $5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"models:/{NAME}/{challenger} is approved by {ENGINEER}\n"
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive() and ends == []
    told = tags(client, challenger)
    assert told.pop("approval_at").endswith(" UTC")
    assert told == {
        "model_validation_status": "PASSED",
        "approval": "Approved",
        "approval_by": ENGINEER,
        "approval_reason": "looked at the slices; costs $5",
        "approval_status": "APPROVED",
    }
    assert aliases(client)["Challenger"] == challenger
    approval.approve(task(challenger))  # repeated, it goes on at once
    again = answers(ENGINEER, "reject")
    assert again.returncode == 1
    assert "tag approval_status: found APPROVED, expected PENDING" in again.stderr


def test_a_rejected_version_challenges_no_more(client: mlflow.MlflowClient, challenger: str, answers: Answers) -> None:
    thread, ends = begun(client, challenger)
    assert answers(ENGINEER, "reject", "--version", challenger, "--reason", "too slow").returncode == 0
    thread.join(PATIENCE_SECONDS)
    where = f"model models:/{NAME}/{challenger}, approval"
    assert ends == [f"{where}: found REJECTED by {ENGINEER} (too slow), expected APPROVED"]
    assert tags(client, challenger)["approval_status"] == "REJECTED"
    assert "Challenger" not in aliases(client)
    with pytest.raises(PipelineError, match="too slow"):
        approval.approve(task(challenger))
    assert "Challenger" not in aliases(client)
    nobody = answers(ENGINEER, "approve")
    assert nobody.returncode == 1 and "alias Challenger: found no version" in nobody.stderr
    unknown = answers(ENGINEER, "approve", "--version=999")
    assert unknown.returncode == 1 and f"models:/{NAME}/999: found no such version" in unknown.stderr


def test_nobody_answers_and_a_repetition_asks_again(client: mlflow.MlflowClient, challenger: str) -> None:
    with pytest.raises(PipelineError, match=r"TIMED_OUT \(nobody answered in 0\.01 minutes\), expected APPROVED"):
        approval.approve(task(challenger, minutes=0.01))
    told = tags(client, challenger)
    assert (told["approval_status"], told["approval_reason"]) == ("TIMED_OUT", "nobody answered in 0.01 minutes")
    assert "Challenger" not in aliases(client)
    thread, ends = begun(client, challenger)
    assert aliases(client)["Challenger"] == challenger
    assert "approval_reason" not in tags(client, challenger)
    client.set_model_version_tag(NAME, challenger, "approval", "approved")  # as Databricks' own button does
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive() and ends == []
    assert tags(client, challenger)["approval_status"] == "APPROVED"


def test_nobody_is_asked_about_the_champion_or_what_failed_validation(
    client: mlflow.MlflowClient, challenger: str
) -> None:
    client.set_model_version_tag(NAME, challenger, "model_validation_status", "FAILED")
    with pytest.raises(PipelineError, match="model_validation_status: found FAILED"):
        approval.approve(task(challenger))
    client.set_registered_model_alias(NAME, "Champion", challenger)
    approval.approve(task(challenger))
    assert "approval_status" not in tags(client, challenger)
    client.delete_registered_model_alias(NAME, "Champion")
