"""Validation through staging's deployed job: one bad version for each kind of check, and what people find on it.

The versions are the Champion's files registered again, each spoilt in one way.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

from environments import names
from environments.settings import load_environment, load_model
from pipelines.evaluation.versions import PACKED, load
from rehearsal.play.people import DATA_SCIENTIST
from tests.life.registering import on_databricks
from tests.rehearsal.checkout import Checkout
from tests.rehearsal.jobs_support import run_job

MODEL, STAGING = load_model("flight_delay"), load_environment("staging")
NAME = names.registered_model(STAGING, MODEL)
SAYS = "self.booster.predict(matrix, num_threads=1)"
LATE_AT_EWR = f'np.where(model_input["origin"] == "EWR", 0.2, 0.001) + 0.5 * {SAYS}'
pytestmark = pytest.mark.timeout(1200)


@dataclass(frozen=True)
class Bad:
    """What is wrong with a version: the checks that find it, each with a part of the reason that people read."""

    found: Mapping[str, str]
    spoil: Callable[[Path], None] = lambda files: None
    tags: Mapping[str, str] = field(default_factory=lambda: MODEL.tags)
    description: str = MODEL.description
    run: Callable[[MlflowClient, str], str | None] = lambda client, run_id: run_id


def scores(answer: str) -> Callable[[Path], None]:
    """Other scores than those of the booster."""

    def change(files: Path) -> None:
        scorer = files / PACKED / "lightgbm_scorer.py"
        scorer = scorer if scorer.exists() else next(files.rglob("lightgbm_scorer.py"))
        assert SAYS in scorer.read_text()
        scorer.write_text(scorer.read_text().replace(SAYS, answer))

    return change


def in_metadata(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """A change of the MLmodel file."""

    def write(files: Path) -> None:
        content = yaml.safe_load((files / "MLmodel").read_text())
        change(content)
        (files / "MLmodel").write_text(yaml.safe_dump(content))

    return write


def of_column(side: str, column: str, **change: str) -> Callable[[Path], None]:
    """A change of a column of the signature."""

    def rewrite(content: dict[str, Any]) -> None:
        columns = json.loads(content["signature"][side])
        (found,) = (one for one in columns if one["name"] == column)
        found.update(change)
        content["signature"][side] = json.dumps(columns)

    return in_metadata(rewrite)


def unpinned(files: Path) -> None:
    """Any version of LightGBM."""
    listed = files / PACKED / "requirements.txt"
    listed.write_text(listed.read_text().replace("lightgbm==", "lightgbm>="))


def alone(files: Path) -> None:
    """The model without the look-ups around it."""
    shutil.move(files / PACKED, files.with_name("raw"))
    shutil.rmtree(files)
    shutil.move(files.with_name("raw"), files)
    in_metadata(lambda content: content.update(signature=_signature(content)))(files)


def _signature(content: dict[str, Any]) -> dict[str, Any]:
    """Unity Catalog takes no version without inputs."""
    inputs = [{"type": "string", "name": "carrier", "required": False}]
    return {**content["signature"], "inputs": json.dumps(inputs)}


def without_documents(client: MlflowClient, run_id: str) -> str:
    """A run that says the same, with no file."""
    run = client.get_run(run_id)
    made = client.create_run(run.info.experiment_id, tags={"code_version": run.data.tags["code_version"]})
    for key, value in run.data.params.items():
        client.log_param(made.info.run_id, key, value)
    client.set_terminated(made.info.run_id)
    return str(made.info.run_id)


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    """One change after the other."""

    def spoil(files: Path) -> None:
        for change in changes:
            change(files)

    return spoil


BAD = {
    "another format": Bad(
        {"format": "no flavour, in it python_function"}, in_metadata(lambda content: content["flavors"].clear())
    ),
    "no look-ups": Bad({"look_ups": "a model alone"}, alone),
    "broken code": Bad({"loads": "lightgbm_scorer.py"}, scores("(")),
    "another signature": Bad(
        {
            "requirements": "lightgbm>=",
            "signature_inputs": "no tailnum; also required tail",
            "signature_outputs": "late (double)",
        },
        both(
            unpinned,
            of_column("inputs", "tailnum", name="tail"),
            of_column("outputs", "probability", name="late"),
        ),
    ),
    "another type": Bad({"signature_types": "distance"}, of_column("inputs", "distance", type="long")),
    "poor metadata": Bad(
        {"required_tags": "no owner", "tag_risk_class": "high", "description": "none", "run": "no run"},
        tags={"risk_class": "high"},
        description="",
        run=lambda client, run_id: None,
    ),
    "no documents": Bad(
        {"document_model_card.md": "no such artifact", "inputs": "no staging.flights.flights"}, run=without_documents
    ),
    "no numbers": Bad({"scores": "no finite number", "input_example": "no finite number"}, scores(f"np.nan * {SAYS}")),
    "worse, and too sure": Bad(
        {"held_out": "expected at least 0.6", "slice_origin_EWR": "at least 0.52", "mean_probability": "and 0.6"},
        scores(f"1 - 0.1 * {SAYS}"),
    ),
    "unfair": Bad({"fairness_origin": "between"}, scores(LATE_AT_EWR)),
    "slow, and lost without a feature": Bad(
        {
            "latency": f"at most {MODEL.validation.max_latency_ms:g} ms",
            "missing_each": "without temp: ZeroDivisionError",
        },
        scores(f'(__import__("time").sleep(0.25), 1 / 0 if model_input["temp"].isna().all() else {SAYS})[1]'),
    ),
}


class Registry:
    """Staging's registry, as the identity of its jobs sees it."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        self.checkout, self.folder = checkout, folder
        self.client = MlflowClient()
        self.champion = self.client.get_model_version_by_alias(NAME, "Champion")
        self.files = Path(mlflow.artifacts.download_artifacts(f"models:/{NAME}@Champion", dst_path=str(folder / "it")))

    def register(self, bad: Bad) -> str:
        """A spoilt version; its number."""
        files = self.folder / "spoilt"
        shutil.rmtree(files, ignore_errors=True)
        shutil.copytree(self.files, files)
        bad.spoil(files)
        run_id = bad.run(self.client, self.champion.run_id)
        made = self.client.create_model_version(NAME, str(files), run_id, dict(bad.tags), description=bad.description)
        return str(made.version)

    def validate(self, number: str) -> str:
        """Run the task of the training job that validates; its result and error."""
        uri = {"model-uri": f"models:/{NAME}/{number}"}
        return run_job(self.checkout, STAGING, MODEL, "training", only=["validate"], **uri)["validate"]

    def version(self, number: str) -> ModelVersion:
        """A version as it is now."""
        return self.client.get_model_version(NAME, number)

    def aliases(self) -> dict[str, str]:
        """Who holds which alias."""
        return {alias: str(version) for alias, version in self.client.get_registered_model(NAME).aliases.items()}


def act_as(patch: pytest.MonkeyPatch, checkout: Checkout, principal: str, workspace: str) -> None:
    """Let the stock MLflow client of this process be that principal's, in that workspace."""
    patch.setenv("DATABRICKS_HOST", checkout.local.host(workspace))
    patch.setenv("DATABRICKS_TOKEN", checkout.local.token_of(principal))
    patch.setenv("MLFLOW_TRACKING_URI", "databricks")
    patch.setenv("MLFLOW_REGISTRY_URI", "databricks-uc")
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)
    _artifact_repos_cache.clear()  # the client keeps each run's connection, with the token of who opened it


@pytest.fixture(scope="module")
def registry(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    jobs = checkout.application_id("staging", names.service_principal(STAGING))
    with pytest.MonkeyPatch.context() as patch:
        act_as(patch, checkout, jobs, "staging")
        on_databricks(patch)
        yield Registry(checkout, tmp_path_factory.mktemp("spoilt"))


@pytest.mark.parametrize("what", BAD)
def test_a_bad_version_fails_and_says_why(registry: Registry, what: str) -> None:
    bad, before = BAD[what], registry.aliases()
    number = registry.register(bad)
    state = registry.validate(number)
    assert state.startswith("FAILED"), state
    version = registry.version(number)
    assert version.tags["model_validation_status"] == "FAILED"
    assert version.description.startswith(bad.description)
    assert any(check in version.tags["validation_failed_checks"] for check in bad.found)
    for check, reason in bad.found.items():
        assert reason in state.partition(f"{check} failed: ")[2], state
        assert f"✗ {check} failed: found " in version.description
    run = registry.client.get_run(version.tags["validation_run"])
    assert run.info.run_name == f"validate {MODEL.name} {number}"
    assert {"validation.md", "validation.json"} <= {
        entry.path for entry in registry.client.list_artifacts(run.info.run_id)
    }
    assert registry.aliases() == before


def test_the_good_version_passes_again_and_loses_challenger_when_it_fails(registry: Registry) -> None:
    before = registry.aliases()
    good = registry.register(Bad({}))
    assert registry.validate(good) == "SUCCESS "
    version = registry.version(good)
    assert version.tags["model_validation_status"] == "PASSED"
    assert "✗" not in version.description
    assert registry.aliases() == {**before, "Challenger": good}
    metrics = registry.client.get_run(version.tags["validation_run"]).data.metrics
    assert metrics["held_out"] > MODEL.validation.threshold
    assert {"latency", "missing_quality", "fairness_origin"} <= metrics.keys()
    registry.client.set_model_version_tag(NAME, good, "risk_class", "high")
    assert registry.validate(good).startswith("FAILED")
    assert registry.version(good).description.count("## Validation") == 1
    assert registry.aliases() == {alias: held for alias, held in before.items() if alias != "Challenger"}
    if "Challenger" in before:
        registry.client.set_registered_model_alias(NAME, "Challenger", before["Challenger"])


def test_people_are_told_and_led_to_the_reasons(registry: Registry) -> None:
    number = registry.register(BAD["poor metadata"])
    assert registry.validate(number).startswith("FAILED")
    admin = registry.checkout.admin("staging")
    mails: Any = admin.api_client.do("GET", "/api/2.0/understudy/notifications/mails")
    mail = mails["mails"][0]
    assert mail["to"] == sorted(STAGING.notify)
    assert mail["subject"] == f"[FAILED] {names.job(STAGING, MODEL, 'training')}"
    assert "Task validate failed" in mail["text"]
    run = admin.jobs.get_run(int(mail["page"].rsplit("/", 1)[-1]))
    (task,) = [task for task in run.tasks or [] if task.task_key == "validate"]
    error = admin.jobs.get_run_output(task.run_id).error
    assert f"models:/{NAME}/{number}" in error and "required_tags failed: found no owner" in error


def test_a_data_scientist_loads_a_failed_version_from_dev(registry: Registry) -> None:
    number = registry.register(BAD["worse, and too sure"])
    assert registry.validate(number).startswith("FAILED")
    with pytest.MonkeyPatch.context() as patch:
        act_as(patch, registry.checkout, DATA_SCIENTIST, "dev")
        client = MlflowClient()
        version = client.get_model_version(NAME, number)
        assert "✗ mean_probability failed" in version.description
        loaded = load(version)
        example = loaded.model.input_example
        assert (loaded.scores(example) >= 0.9).all()
        with pytest.raises(MlflowException, match=r"(?i)permission"):
            client.set_model_version_tag(NAME, number, "model_validation_status", "PASSED")
