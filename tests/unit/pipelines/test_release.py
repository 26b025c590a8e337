"""Deployment, rollout and rollback meet: whoever wrote last while an endpoint was being updated has its way.

The registry is MLflow's own, in a folder. The endpoint is in memory: each of its updates takes as long as what others
do meanwhile. Verdicts are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import mlflow
import pytest
from databricks.sdk.service.serving import (
    EndpointCoreConfigOutput,
    EndpointState,
    EndpointStateConfigUpdate,
    ServedEntityInput,
    ServedEntityOutput,
    ServingEndpointDetailed,
    TrafficConfig,
)
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from environments import names
from environments.settings import load_environment, load_model
from pipelines.deployment import release as release_module
from pipelines.deployment import rollback, rollout, run
from pipelines.deployment.decide import Decision, Judgement, Verdict
from pipelines.deployment.release import Release
from pipelines.deployment.state import Phase, RolloutState
from pipelines.errors import PipelineError
from pipelines.models import load_code
from pipelines.registry import CHALLENGER, CHAMPION, PASSED, ROLLOUT, STATUS
from pipelines.task import Task
from pipelines.training.record import REQUEST
from tests.unit.pipelines.mlflow_store import mlflow_store

PROD, MODEL = load_environment("prod"), load_model("flight_delay")
Work = Callable[[], object]


class Endpoint:
    """A workspace that has one serving endpoint."""

    def __init__(self) -> None:
        self.config: EndpointCoreConfigOutput | None = None
        self.meanwhile: list[Work] = []
        self.serving_endpoints = self.api_client = self

    def get(self, _: str) -> ServingEndpointDetailed:
        state = EndpointState(config_update=EndpointStateConfigUpdate.NOT_UPDATING)
        return ServingEndpointDetailed(config=self.config, state=state)

    def update_config_and_wait(
        self, name: str, served_entities: list[ServedEntityInput], traffic_config: TrafficConfig
    ) -> None:
        entities = [ServedEntityOutput(**vars(one)) for one in served_entities]
        self.config = EndpointCoreConfigOutput(served_entities=entities, traffic_config=traffic_config)
        while self.meanwhile:
            self.meanwhile.pop(0)()

    def do(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Every version answers."""

    @property
    def traffic(self) -> dict[str, int]:
        """Percent by version."""
        assert self.config and self.config.traffic_config and self.config.traffic_config.routes
        routes = self.config.traffic_config.routes
        return {str(one.served_model_name).rsplit("-", 1)[1]: one.traffic_percentage for one in routes}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes models of four versions that were validated, of a run that logged a request."""
    with mlflow_store(folder := tmp_path_factory.mktemp("mlflow"), "versions"):
        with mlflow.start_run() as made:
            mlflow.log_dict({"dataframe_records": [{}]}, REQUEST)
        client, numbers = MlflowClient(), count()

        def make() -> str:
            name = f"prod.flight_delay.model_{next(numbers)}"
            client.create_registered_model(name)
            for _ in range(4):
                version = client.create_model_version(name, folder.as_uri(), made.info.run_id)
                client.set_model_version_tag(name, version.version, STATUS, PASSED)
            return name

        yield make


class Life:
    """A model's registry and endpoint, and the jobs that write to them."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self.name, self.endpoint, self.client = name, endpoint, MlflowClient()

    def task(self, version: str = "", run_id: str = "", steps: bool = True) -> Task:
        promotion = MODEL.promotion.model_copy(update={} if steps else {"rollout": None})
        model = MODEL.model_copy(update={"promotion": promotion})
        return Task("deployment", PROD, model, load_code(MODEL.name), "code", f"models:/{self.name}/{version}", run_id)

    def version(self, number: str) -> ModelVersion:
        return self.client.get_model_version(self.name, number)

    def state(self, number: str) -> RolloutState:
        return RolloutState.of(self.version(number))

    @property
    def aliases(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.client.get_registered_model(self.name).aliases.items()}

    def challenge(self, version: str) -> None:
        self.client.set_registered_model_alias(self.name, CHALLENGER, version)

    def release(self) -> Release:
        return Release(self.task())

    def promote(self) -> None:
        """What a rollout job does when the last step is well."""
        release = self.release()
        challenger = release.in_rollout()
        assert challenger is not None
        release.end_rollout(challenger, Phase.PROMOTED, "as given")

    def deploy(self, version: str, steps: bool = True) -> None:
        self.challenge(version)
        run.deploy(self.task(version, steps=steps))

    def roll_back(self, run_id: str = "77") -> None:
        rollback.roll_back(self.task(run_id=run_id))


@pytest.fixture
def life(fresh: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Life:
    """Version 2 is Champion in place of 1, and half of the traffic has moved to 3."""
    made = Life(fresh(), Endpoint())
    monkeypatch.setattr(names, "registered_model", lambda *_: made.name)
    monkeypatch.setattr(release_module, "WorkspaceClient", lambda: made.endpoint)
    monkeypatch.setattr(run, "compare", lambda *_: Decision(True, "as given"))
    release = made.release()
    release.promote(made.version("1"), None)
    release.promote(made.version("2"), made.version("1"))
    made.challenge("3")
    release.begin_rollout(made.version("3"), made.version("2"), 50)
    return made


def judged(verdict: Verdict, meanwhile: Work) -> Callable[..., Judgement]:
    """The verdict, and what happens while it is sought."""

    def judge(*_: object) -> Judgement:
        meanwhile()
        return Judgement(verdict, "as given")

    return judge


def test_a_rollout_that_begins_while_another_one_is_promoted_goes_on(life: Life) -> None:
    life.endpoint.meanwhile.append(lambda: life.release().begin_rollout(life.version("4"), life.version("2"), 10))
    with pytest.raises(PipelineError, match="than before version 3 was served"):
        life.promote()
    assert life.aliases == {CHAMPION: "2", CHALLENGER: "3", ROLLOUT: "4"}
    assert life.endpoint.traffic == {"2": 90, "4": 10}
    assert (life.state("3").phase, life.state("4").phase) == (Phase.SUPERSEDED, Phase.RUNNING)


def test_a_rollback_during_a_promotion_holds(life: Life) -> None:
    life.endpoint.meanwhile.append(life.roll_back)
    with pytest.raises(PipelineError, match="than before version 3 was served"):
        life.promote()
    assert life.aliases == {CHAMPION: "1"}
    assert life.endpoint.traffic == {"1": 100}
    assert life.state("3").phase == Phase.STOPPED


def test_a_rollback_that_a_deployment_overtakes_is_repaired(life: Life) -> None:
    life.release().end_rollout(life.version("3"), Phase.STOPPED, "first of all")
    life.endpoint.meanwhile.append(lambda: life.deploy("4", steps=False))
    with pytest.raises(PipelineError, match="than before version 1 was served"):
        life.roll_back()
    assert life.aliases[CHAMPION] == "4"
    assert life.endpoint.traffic == {"4": 100}
    life.roll_back()
    assert life.aliases[CHAMPION] == "2"
    assert life.endpoint.traffic == {"2": 100}


def test_two_who_promote_the_same_version_are_of_one_mind(life: Life) -> None:
    life.endpoint.meanwhile.append(lambda: life.release().settle())
    life.promote()
    assert life.aliases == {CHAMPION: "3", CHALLENGER: "3"}
    assert life.endpoint.traffic == {"3": 100}


@pytest.mark.parametrize("verdict", [Verdict.NEXT, Verdict.ROLL_BACK])
def test_a_verdict_on_a_rollout_that_was_stopped_meanwhile_is_dropped(
    life: Life, monkeypatch: pytest.MonkeyPatch, verdict: Verdict
) -> None:
    monkeypatch.setattr(rollout, "_judge", judged(verdict, life.roll_back))
    rollout.advance(life.task())
    assert life.aliases[CHAMPION] == "1" and ROLLOUT not in life.aliases
    assert life.endpoint.traffic == {"1": 100}
    assert life.state("3").phase == Phase.STOPPED


@pytest.mark.parametrize("steps", [True, False])
def test_a_version_is_compared_with_who_is_champion_when_it_is_compared(
    life: Life, monkeypatch: pytest.MonkeyPatch, steps: bool
) -> None:
    against: list[str] = []

    def compare(_: Task, __: ModelVersion, champion: ModelVersion) -> Decision:
        against.append(str(champion.version))
        if len(against) == 1:
            life.promote()
        return Decision(True, f"better than {champion.version}")

    monkeypatch.setattr(run, "compare", compare)
    life.deploy("4", steps)
    assert against == ["2", "3"]
    assert life.version("4").tags["promotion"] == "better than 3"
    assert life.endpoint.traffic == ({"3": 90, "4": 10} if steps else {"4": 100})
    if steps:
        assert life.state("4").champion == life.aliases[CHAMPION] == "3"
