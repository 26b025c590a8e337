"""Deployment through prod's deployed jobs: a worse version stays out, traffic moves in steps or back, and a rollback.

The versions are the Champion's files registered again, as they are or spoilt, with the run of the first version: its
held-out rows are of June, and callers ask about flights of July.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play import callers
from rehearsal.play.people import DATA_SCIENTIST
from rehearsal.play.world import NEXT_MONTHS, callers_of
from tests.life.registering import on_databricks
from tests.rehearsal.checkout import Checkout
from tests.rehearsal.jobs_support import run_job

MODEL, PROD = load_model("flight_delay"), load_environment("prod")
NAME, ENDPOINT = names.registered_model(PROD, MODEL), names.endpoint(PROD, MODEL)
BOARDS, FLIGHTS, REQUESTS, MOST_JUDGEMENTS = 25, 18, 250, 5
PREDICTS = "self.booster.predict(matrix, num_threads=1)"
ANSWER = f"return pd.DataFrame({{self.output: {PREDICTS}}}"
WORSE = ANSWER.replace(PREDICTS, f"1 - {PREDICTS}")
WORSE_IN_JULY = ANSWER.replace(PREDICTS, f'np.abs((model_input["month"].to_numpy() == 7) - {PREDICTS})')
DELIVERED_SECONDS = 120
pytestmark = pytest.mark.timeout(1200)


class Registry:
    """Prod's registry, as the identity of its jobs sees it."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        self.checkout = checkout
        self.spark = checkout.spark(DATA_SCIENTIST, "dev")
        self.client = MlflowClient()
        self.first = self.client.get_model_version(NAME, "1")
        self.files = Path(mlflow.artifacts.download_artifacts(f"models:/{NAME}@Champion", dst_path=str(folder)))
        self.scorer = next(self.files.rglob("lightgbm_scorer.py"))
        self.sound = self.scorer.read_text()

    def challenge(self, answer: str = ANSWER) -> str:
        """Register the Champion's files with another answer, as a version that validation let pass; its number."""
        assert ANSWER in self.sound
        self.scorer.write_text(self.sound.replace(ANSWER, answer))
        version = str(self.client.create_model_version(NAME, str(self.files), self.first.run_id).version)
        self.client.set_model_version_tag(NAME, version, "model_validation_status", "PASSED")
        self.client.set_registered_model_alias(NAME, "Challenger", version)
        return version

    def aliases(self) -> dict[str, str]:
        """Who holds which alias."""
        return {alias: str(version) for alias, version in self.client.get_registered_model(NAME).aliases.items()}

    def tags(self, version: str) -> dict[str, str]:
        """A version's tags."""
        return dict(self.client.get_model_version(NAME, version).tags)

    def runs(self, kind: str, version: str) -> list[Any]:
        """MLflow runs of a kind about a version, the newest first."""
        experiment = self.client.get_experiment_by_name(names.experiment(PROD, MODEL))
        about = f"tags.kind = '{kind}' AND tags.challenger = 'models:/{NAME}/{version}'"
        return list(self.client.search_runs([experiment.experiment_id], about))

    def traffic(self) -> dict[str, int]:
        """Percent of the endpoint's traffic by version."""
        config = self.checkout.admin("prod").serving_endpoints.get(ENDPOINT).config
        routes = (config.traffic_config.routes if config and config.traffic_config else None) or []
        return {str(one.served_model_name).removeprefix(f"{MODEL.name}-"): one.traffic_percentage for one in routes}

    def deploy(self, version: str) -> None:
        """Run the task of the training job that deploys."""
        states = run_job(
            self.checkout, PROD, MODEL, "training", only=["deploy"], **{"model-uri": f"models:/{NAME}/{version}"}
        )
        assert states == {"deploy": "SUCCESS "}, states

    def delivered(self) -> int:
        """Rows of the inference table."""
        return int(self.spark.table(names.inference_table(PROD, MODEL)).count())

    def judge(self) -> str:
        """Callers ask both versions about the same flights, some hundred times; then the job judges."""
        busy = (board for board in callers_of(MODEL.name, NEXT_MONTHS) if len(board) >= FLIGHTS)
        boards = cycle(islice(busy, BOARDS))
        before = self.delivered()
        asked = callers.ask(self.checkout.admin("prod"), ENDPOINT, boards, REQUESTS)
        assert set(asked.statuses) == {200}, asked
        deadline = time.monotonic() + DELIVERED_SECONDS
        while self.delivered() < before + REQUESTS:
            assert time.monotonic() < deadline, "requests are missing in the inference table"
            time.sleep(0.5)
        return run_job(self.checkout, PROD, MODEL, "rollout")["judge"]


@pytest.fixture(scope="module")
def registry(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    token = checkout.local.token_of(checkout.application_id("prod", names.service_principal(PROD)))
    # A profile and no variables, which would be everybody's: others act here too.
    config = tmp_path_factory.mktemp("jobs") / "databrickscfg"
    config.write_text(f"[jobs]\nhost = {checkout.local.host('prod')}\ntoken = {token}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABRICKS_CONFIG_FILE", str(config))
        patch.setenv("DATABRICKS_CONFIG_PROFILE", "jobs")
        patch.setenv("MLFLOW_TRACKING_URI", "databricks")
        patch.setenv("MLFLOW_REGISTRY_URI", "databricks-uc")
        on_databricks(patch)
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
        _artifact_repos_cache.clear()
        yield Registry(checkout, tmp_path_factory.mktemp("champion"))


def test_a_worse_version_is_not_promoted_and_it_is_told_why(registry: Registry) -> None:
    before = (registry.aliases()["Champion"], registry.traffic())
    version = registry.challenge(WORSE)
    registry.deploy(version)
    assert (registry.aliases()["Champion"], registry.traffic()) == before
    assert "not all above -0.01" in registry.tags(version)["promotion"]
    assert "## Comparison" in registry.client.get_model_version(NAME, version).description
    (run,) = registry.runs("comparison", version)
    metrics = run.data.metrics
    assert metrics["gain_low"] < metrics["gain"] < metrics["gain_high"] < -0.1
    assert metrics["gain"] == pytest.approx(metrics["challenger_roc_auc"] - metrics["champion_roc_auc"])
    assert {"champion_brier", "challenger_alarm_cost"} <= metrics.keys()
    assert {"comparison.png", "slices.json"} <= {
        entry.path for entry in registry.client.list_artifacts(run.info.run_id)
    }
    assert len(run.inputs.dataset_inputs) == 1 + len(MODEL.feature_tables)


def test_a_good_version_gets_more_traffic_step_by_step_and_a_rollback_takes_it_all_back(registry: Registry) -> None:
    champion, version = registry.aliases()["Champion"], registry.challenge()
    registry.deploy(version)
    assert registry.traffic() == {champion: 90, version: 10}
    assert registry.aliases() == {"Champion": champion, "Challenger": version, "Rollout": version}
    seen = [10]
    for _ in range(MOST_JUDGEMENTS):
        assert registry.judge() == "SUCCESS "
        seen.append(registry.traffic()[version])
        if seen[-1] == 100:
            break
    assert sorted(set(seen)) == [10, 50, 100], seen
    assert registry.traffic() == {version: 100}
    assert registry.aliases() == {"Champion": version, "Challenger": version}
    assert '"PROMOTED"' in registry.tags(version)["rollout"]
    run = registry.runs("rollout", version)[0]
    assert run.data.metrics["percent"] == 50 and run.data.metrics["challenger_labelled"] >= 300
    assert run.data.metrics["champion_requests"] + run.data.metrics["challenger_requests"] >= REQUESTS
    assert "rollout.png" in {entry.path for entry in registry.client.list_artifacts(run.info.run_id)}
    assert run_job(registry.checkout, PROD, MODEL, "rollback") == {"roll_back": "SUCCESS "}
    assert registry.traffic() == {champion: 100}
    assert registry.aliases() == {"Champion": champion}
    assert re.fullmatch(rf"to version {champion}: .* UTC, job run \d+", registry.tags(version)["rolled_back"])


def test_a_version_that_turns_out_worse_is_rolled_back_and_people_are_told(registry: Registry) -> None:
    champion, version = registry.aliases()["Champion"], registry.challenge(WORSE_IN_JULY)
    registry.deploy(version)
    assert registry.traffic() == {champion: 90, version: 10}
    for _ in range(MOST_JUDGEMENTS):
        state = registry.judge()
        if state != "SUCCESS ":
            break
    assert state.startswith("FAILED") and "all of it below -0.0" in state, state
    assert "it is rolled back, the Champion has all of the traffic" in state
    assert registry.traffic() == {champion: 100}
    assert registry.aliases() == {"Champion": champion}
    assert '"ROLLED_BACK"' in registry.tags(version)["rollout"]
    mails: Any = registry.checkout.admin("prod").api_client.do("GET", "/api/2.0/understudy/notifications/mails")
    assert any("FAILED" in mail["subject"].upper() and "rollout" in mail["subject"] for mail in mails["mails"])
    assert run_job(registry.checkout, PROD, MODEL, "rollout") == {"judge": "SUCCESS "}
