"""Approval through prod's deployed training job: it waits, people answer on a page or by make, it goes on or stops."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play.people import DATA_SCIENTIST, ML_ENGINEER
from tests.rehearsal import jobs_support
from tests.rehearsal.checkout import Checkout, plain_environment

PROD, MODEL = load_environment("prod"), load_model("flight_delay")
NAME = names.registered_model(PROD, MODEL)
TRAINING = names.job(PROD, MODEL, "training")
REGISTRY = "/api/2.0/mlflow/unity-catalog/model-versions"
pytestmark = pytest.mark.timeout(1200)


def engineer(checkout: Checkout) -> WorkspaceClient:
    return checkout.local.client_with("prod", checkout.local.token_of(ML_ENGINEER))


def challenger(checkout: Checkout) -> int | None:
    aliases = engineer(checkout).registered_models.get(NAME, include_aliases=True).aliases or []
    return next((alias.version_num for alias in aliases if alias.alias_name == "Challenger"), None)


def tags(checkout: Checkout, version: int) -> dict[str, str]:
    answer: Any = engineer(checkout).api_client.do(
        "GET", f"{REGISTRY}/get", query={"name": NAME, "version": str(version)}
    )
    return {tag["key"]: tag["value"] for tag in answer["model_version"].get("tags", [])}


def started(checkout: Checkout, *tasks: str, **parameters: str) -> int:
    """Some tasks of the training job under way, started by the engineer."""
    return jobs_support.started(engineer(checkout), TRAINING, list(tasks), parameters or None)


def ended(checkout: Checkout, run_id: int, task: str) -> tuple[str, str]:
    """Result and error of a task, once the run has ended."""
    result, _, error = jobs_support.ended(engineer(checkout), run_id)[task].partition(" ")
    return result, error


def asked(checkout: Checkout, version: int) -> int:
    """The run of the task that asks about the version, once it waits."""
    run_id = started(checkout, names.APPROVAL, **{"model-uri": f"models:/{NAME}/{version}"})
    deadline = time.monotonic() + 120
    while tags(checkout, version).get("approval_status") != "PENDING":
        assert time.monotonic() < deadline, engineer(checkout).jobs.get_run(run_id).as_dict()
        time.sleep(0.3)
    return run_id


def say_on_the_page(checkout: Checkout, token: str, version: int, answer: str, reason: str) -> httpx.Response:
    """Send the form of the model's page, signed in by a token."""
    host = checkout.local.host("prod")
    page = f"/ui/models/{NAME}"
    with httpx.Client(base_url=host, headers={"Origin": host}, follow_redirects=True, timeout=30) as browser:
        shown = browser.post("/ui/sign-in", data={"credential": token, "next": page}).text
        assert f"Version {version} waits for approval" in shown
        (key,) = set(re.findall(r'name="form_key" value="(\w+)"', shown))
        form = {"form_key": key, "answer": answer, "reason": reason}
        return browser.post(f"{page}/versions/{version}/{names.APPROVAL}", data=form)


@pytest.fixture(scope="module")
def version(checkout: Checkout) -> int:
    """A version that prod's training job has made and validated, and not deployed."""
    assert ended(checkout, started(checkout, "train", "validate"), "validate") == ("SUCCESS", "")
    made = challenger(checkout)
    assert made
    return made


def test_the_rehearsal_tells_who_approved_and_people_were_told_to(checkout: Checkout) -> None:
    assert re.search(rf"{ML_ENGINEER}: version \d+ of {NAME} approved", checkout.output), checkout.output[-4000:]
    report = re.sub(r"<[^>]+>", " ", checkout.report)
    assert "Approved" in report and ML_ENGINEER in report
    mails: Any = checkout.admin("prod").api_client.do("GET", "/api/2.0/understudy/notifications/mails")
    asked = [mail for mail in mails["mails"] if mail["subject"] == f"[STARTED] {TRAINING}: {names.APPROVAL}"]
    assert len(asked) == len(re.findall(rf"version \d+ of {NAME} approved", checkout.output))
    assert all(mail["to"] == PROD.notify for mail in asked)


def test_a_rejected_version_is_not_deployed(checkout: Checkout, version: int) -> None:
    run_id = asked(checkout, version)
    scientist = checkout.local.token_of(DATA_SCIENTIST)
    assert say_on_the_page(checkout, scientist, version, "Approved", "mine").status_code == 403
    body = {"name": NAME, "version": str(version), "key": names.APPROVAL, "value": "Approved"}
    with pytest.raises(PermissionDenied):
        checkout.scientist("prod").api_client.do("POST", f"{REGISTRY}/set-tag", body=body)
    assert names.APPROVAL not in tags(checkout, version)
    token = str(engineer(checkout).config.token)
    assert say_on_the_page(checkout, token, version, "Rejected", "too slow").status_code == 200
    result, error = ended(checkout, run_id, names.APPROVAL)
    assert result == "FAILED" and f"REJECTED by {ML_ENGINEER} (too slow)" in error
    assert challenger(checkout) is None


def test_an_answer_that_is_taken_back_is_asked_for_again(checkout: Checkout, version: int, tmp_path: Path) -> None:
    client = engineer(checkout)
    body = {"name": NAME, "version": str(version), "key": names.APPROVAL}
    client.api_client.do("DELETE", f"{REGISTRY}/delete-tag", body=body)
    run_id = asked(checkout, version)
    config = tmp_path / "databrickscfg"
    config.write_text(f"[{PROD.profile}]\nhost = {client.config.host}\ntoken = {client.config.token}\n")
    said = subprocess.run(
        ["make", "--silent", "approve", "ENV=prod", f"MODEL={MODEL.name}", 'REASON=it\'s "fast enough"; after all'],
        cwd=checkout.root,
        env={**plain_environment(), "DATABRICKS_CONFIG_FILE": str(config)},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[-1] == f"models:/{NAME}/{version} is approved by {ML_ENGINEER}"
    assert ended(checkout, run_id, names.APPROVAL) == ("SUCCESS", "")
    assert challenger(checkout) == version
    told = tags(checkout, version)
    assert told["approval_status"] == "APPROVED" and told["approval_reason"] == 'it\'s "fast enough"; after all'
