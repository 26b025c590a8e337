"""Deployment, rollout and rollback die after each of their writes, and are repeated: all ends as if nothing happened.

The registry and the endpoint are the workspace's own, asked by the stock MLflow client and databricks-sdk; only the
verdicts are given, as their reasons are not what is tried here. The process dies by an exception that nothing catches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

from environments.settings import load_environment, load_model
from pipelines.deployment import rollback, rollout, run
from pipelines.deployment.decide import Decision, Judgement, Verdict
from pipelines.deployment.release import BEFORE, Release
from pipelines.deployment.state import REASON, STATE, Phase, RolloutState
from pipelines.errors import PipelineError
from pipelines.models import load_code
from pipelines.registry import CHALLENGER, CHAMPION, PASSED, PROMOTION, ROLLOUT, STATUS
from pipelines.task import Task
from pipelines.training.record import REQUEST
from tests.ports import free_port_base
from tests.workspace.conftest import Server

PROD, MODEL = load_environment("prod"), load_model("flight_delay")
NAME = "prod.flight_delay.flight_delay"
ROWS = pd.DataFrame({"distance": np.arange(20.0)})
REQUEST_BODY = {"dataframe_records": [{"distance": 3.0}]}
TAGS = (BEFORE, REASON, STATE, PROMOTION, STATUS, rollback.RESTORED, rollback.LEFT)
VERSIONS = ("1", "2", "3")
State = dict[str, Any]


class Killed(BaseException):
    """The process is dead: no `except Exception` and no clean-up sees it."""


@dataclass
class Death:
    """Kills after so many writes; 0 never."""

    after: int = 0
    writes: int = 0

    def count(self) -> None:
        self.writes += 1
        if self.writes == self.after:
            raise Killed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("home"), free_port_base())
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def release(server: Server) -> Iterator[Release]:
    """Three versions that were validated, and the endpoint as Terraform leaves it."""
    with pytest.MonkeyPatch.context() as patch:
        token = server.admin("prod").config.token
        patch.setenv("DATABRICKS_HOST", server.host("prod"))
        patch.setenv("DATABRICKS_TOKEN", str(token))
        patch.setenv("MLFLOW_TRACKING_URI", "databricks")
        patch.setenv("MLFLOW_REGISTRY_URI", "databricks-uc")
        made = Release(task())
        made.workspace.catalogs.create("prod")
        made.workspace.schemas.create("flight_delay", "prod")
        mlflow.set_experiment("/Shared/versions")
        model = LogisticRegression().fit(ROWS, ROWS["distance"] > 9)
        for _ in VERSIONS:
            with mlflow.start_run():
                mlflow.log_dict(REQUEST_BODY, REQUEST)
                mlflow.sklearn.log_model(
                    model,
                    name="model",
                    signature=infer_signature(ROWS, model.predict(ROWS)),
                    registered_model_name=NAME,
                    pip_requirements=["scikit-learn"],
                )
        made.workspace.serving_endpoints.create("prod-flight-delay")
        yield made


@pytest.fixture
def death(monkeypatch: pytest.MonkeyPatch) -> Death:
    """Every request but GET counts, of databricks-sdk and of MLflow alike."""
    known, send = Death(), requests.Session.send

    def counted(session: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        answer = send(session, request, **more)
        if request.method != "GET":
            known.count()
        return answer

    monkeypatch.setattr(requests.Session, "send", counted)
    return known


def task(uri: str = "", run_id: str = "", steps: bool = True) -> Task:
    promotion = MODEL.promotion.model_copy(update={} if steps else {"rollout": None})
    model = MODEL.model_copy(update={"promotion": promotion})
    return Task("deployment", PROD, model, load_code("flight_delay"), "code", f"models:/{NAME}/{uri}", run_id)


def reset(release: Release, challenger: str, percent: int = 0) -> None:
    """Version 1 is Champion with all the traffic; with a percentage, version 2 is in rollout."""
    for alias in (ROLLOUT, CHALLENGER, CHAMPION):
        release.client.delete_registered_model_alias(NAME, alias)
    for version in VERSIONS:
        for tag in TAGS:
            try:
                release.client.delete_model_version_tag(NAME, version, tag)
            except MlflowException as error:
                assert error.error_code in ("NOT_FOUND", "RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"), error
        release.client.set_model_version_tag(NAME, version, STATUS, PASSED)
        release.client.update_model_version(NAME, version, "")
    champion, second = (release.client.get_model_version(NAME, version) for version in ("1", "2"))
    release.client.set_registered_model_alias(NAME, CHAMPION, "1")
    release.client.set_registered_model_alias(NAME, CHALLENGER, "2")
    if percent:
        release.begin_rollout(second, champion, percent)
    else:
        release.settle()
    release.client.set_registered_model_alias(NAME, CHALLENGER, challenger)


def seen(release: Release) -> State:
    """All that people see, less moments."""
    config = release.workspace.serving_endpoints.get("prod-flight-delay").config
    assert config and config.traffic_config and config.traffic_config.routes
    tags: dict[str, dict[str, str]] = {}
    for version in VERSIONS:
        found = release.client.get_model_version(NAME, version)
        tags[version] = {key: found.tags[key] for key in TAGS if key in found.tags}
        if STATE in tags[version]:
            state = json.loads(tags[version][STATE])
            tags[version][STATE] = str([state["phase"], state["percent"], state["champion"]])
        for key in (PROMOTION, REASON, rollback.LEFT):
            tags[version][key] = tags[version].get(key, "").split("UTC")[-1]
    return {
        "aliases": {key: str(value) for key, value in release.client.get_registered_model(NAME).aliases.items()},
        "traffic": {str(one.served_model_name): one.traffic_percentage for one in config.traffic_config.routes},
        "tags": tags,
    }


def judged(release: Release, verdict: Verdict, only_at: int) -> Callable[..., Judgement]:
    """The verdict, of the step that is judged; a later step has no answers yet."""

    def judge(*_: object) -> Judgement:
        challenger = release.in_rollout()
        assert challenger is not None
        fresh = RolloutState.of(challenger).percent != only_at
        return Judgement(Verdict.WAIT if fresh else verdict, "as given")

    return judge


@dataclass(frozen=True)
class Story:
    """What is done from which start, and who ends up with what."""

    challenger: str
    percent: int
    work: Callable[[], None]
    traffic: dict[str, int]
    champion: str
    verdict: Verdict = Verdict.WAIT
    by_hand: str = ""


def traffic_of(**percents: int) -> dict[str, int]:
    return {f"flight_delay-{name[1:]}": percent for name, percent in percents.items()}


STORIES = {
    "deployed at once": Story("2", 0, lambda: run.deploy(task("2", steps=False)), traffic_of(v2=100), "2"),
    "a rollout begins": Story("2", 0, lambda: run.deploy(task("2")), traffic_of(v1=90, v2=10), "1"),
    "another takes its place": Story("3", 10, lambda: run.deploy(task("3")), traffic_of(v1=90, v3=10), "1"),
    "deployed at once in a rollout": Story(
        "3", 10, lambda: run.deploy(task("3", steps=False)), traffic_of(v3=100), "3"
    ),
    "next step": Story("2", 10, lambda: rollout.advance(task()), traffic_of(v1=50, v2=50), "1", Verdict.NEXT),
    "promoted": Story("2", 50, lambda: rollout.advance(task()), traffic_of(v2=100), "2", Verdict.NEXT),
    "rolled back": Story("2", 50, lambda: rollout.advance(task()), traffic_of(v1=100), "1", Verdict.ROLL_BACK),
    "champion by hand": Story("2", 50, lambda: rollout.advance(task()), traffic_of(v3=100), "3", by_hand="3"),
    "rollback": Story("2", 0, lambda: rollback.roll_back(task(run_id="77")), traffic_of(v1=100), "1", by_hand="back"),
}


def started(release: Release, story: Story) -> None:
    reset(release, story.challenger, story.percent)
    if story.by_hand == "back":  # version 2 was promoted; now it is taken back
        second, first = (release.client.get_model_version(NAME, version) for version in ("2", "1"))
        release.promote(second, first)
    elif story.by_hand:
        release.client.set_registered_model_alias(NAME, CHAMPION, story.by_hand)


def told(story: Story) -> bool:
    """Do the work; was an error told to people."""
    try:
        story.work()
    except PipelineError:
        return True
    return False


@pytest.mark.parametrize("name", STORIES)
def test_a_repetition_ends_as_one_clean_run(
    release: Release, death: Death, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    story = STORIES[name]
    monkeypatch.setattr(run, "compare", lambda *_: Decision(True, "as given"))
    monkeypatch.setattr(rollout, "_judge", judged(release, story.verdict, story.percent))
    started(release, story)
    death.after, death.writes = 0, 0
    assert told(story) is (story.verdict == Verdict.ROLL_BACK)
    expected, writes = seen(release), death.writes
    assert expected["traffic"] == story.traffic
    assert expected["aliases"][CHAMPION] == story.champion
    assert (ROLLOUT in expected["aliases"]) is (len(story.traffic) > 1)
    for after in range(1, writes + 1):
        started(release, story)
        death.after, death.writes = after, 0
        with pytest.raises(Killed):
            story.work()
        death.after = 0
        told(story)
        assert seen(release) == expected, f"{name}, killed after write {after} of {writes}"


def test_a_rollback_goes_back_one_version_a_run(release: Release) -> None:
    reset(release, "2")
    first, second, third = (release.client.get_model_version(NAME, version) for version in VERSIONS)
    release.promote(second, first)
    release.promote(third, second)
    for run_id, expected in (("77", "2"), ("77", "2"), ("78", "1")):
        rollback.roll_back(task(run_id=run_id))
        champion = release.champion()
        assert champion is not None and str(champion.version) == expected
    with pytest.raises(PipelineError, match="nothing to go back to"):
        rollback.roll_back(task(run_id="79"))


def test_a_challenger_that_does_not_answer_has_lost(release: Release) -> None:
    reset(release, "2")
    second, champion = (release.client.get_model_version(NAME, version) for version in ("2", "1"))
    mlflow.MlflowClient().log_dict(str(second.run_id), {"dataframe_records": [{"distance": "far"}]}, REQUEST)
    try:
        with pytest.raises(PipelineError, match="version 2"):
            release.begin_rollout(second, champion, 10)
        found = seen(release)
        assert found["traffic"] == traffic_of(v1=100)
        assert found["aliases"] == {CHAMPION: "1"}
        assert Phase.ROLLED_BACK in found["tags"]["2"][STATE]
    finally:
        mlflow.MlflowClient().log_dict(str(second.run_id), REQUEST_BODY, REQUEST)
