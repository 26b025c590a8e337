"""Which versions answer requests and which is Champion: written in an order that a repetition completes.

The endpoint changes first and the alias Champion last: when the update fails, both are as they were; when the task
dies between the two, a repetition finds the endpoint done and sets the alias. The other way round, batch inference
would use a Champion that could not be served. A rollout's tag comes before either: it says what shall be.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from databricks.sdk import WorkspaceClient
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from environments import names
from pipelines.deployment.endpoint import NoAnswer, Share, serve
from pipelines.deployment.state import REASON, STATE, Phase, RolloutState
from pipelines.errors import PipelineError
from pipelines.registry import CHALLENGER, CHAMPION, ROLLOUT, TAG_LENGTH, take_alias, uri_of, version_with_alias
from pipelines.task import Task, log

BEFORE = "champion_before"  # tag of a Champion: the version that was Champion before it


class Release:
    """The versions of a model in an environment, and its endpoint."""

    def __init__(self, task: Task) -> None:
        self.client = MlflowClient()
        self.workspace = WorkspaceClient()
        self.name = names.registered_model(task.environment, task.model)
        self._endpoint = names.endpoint(task.environment, task.model)
        self._serving = task.model.serving

    def champion(self) -> ModelVersion | None:
        """Who is Champion now."""
        return version_with_alias(self.client, self.name, CHAMPION)

    def in_rollout(self) -> ModelVersion | None:
        """The version whose rollout is under way, or has ended by its tag but not yet in effect."""
        return version_with_alias(self.client, self.name, ROLLOUT)

    def tag(self, version: ModelVersion, key: str, value: str) -> None:
        """Write a tag on a version."""
        self.client.set_model_version_tag(self.name, version.version, key, value[:TAG_LENGTH])

    def promote(self, version: ModelVersion, before: ModelVersion | None) -> None:
        """Make the version Champion, with all of the traffic, in place of the one that was it before."""
        self._supersede(version)
        if before is not None:
            self.tag(version, BEFORE, str(before.version))
        self.make_champion(version)
        if self.in_rollout() is not None:
            self.client.delete_registered_model_alias(self.name, ROLLOUT)

    def make_champion(self, version: ModelVersion) -> None:
        """All of the traffic first, the alias last."""
        self._serve(Share(version, 100))
        self.client.set_registered_model_alias(self.name, CHAMPION, version.version)
        log.info("%s is %s", uri_of(version), CHAMPION)

    def begin_rollout(self, challenger: ModelVersion, champion: ModelVersion, percent: int) -> None:
        """Give the Challenger its first share. A rollout of another version ends by this."""
        self._supersede(challenger)
        state = RolloutState(Phase.RUNNING, percent, datetime.now(UTC), str(champion.version))
        self.tag(challenger, STATE, state.as_tag())
        self.client.set_registered_model_alias(self.name, ROLLOUT, challenger.version)
        self.settle()

    def go_on(self, challenger: ModelVersion, percent: int) -> None:
        """Give the Challenger of the rollout its next share."""
        state = replace(RolloutState.of(challenger), percent=percent, since=datetime.now(UTC))
        self.tag(challenger, STATE, state.as_tag())
        self.settle()

    def end_rollout(self, challenger: ModelVersion, phase: Phase, reason: str) -> None:
        """End the rollout so."""
        self._say(challenger, phase, reason)
        self.settle()

    def settle(self) -> None:
        """Put into effect what aliases and the rollout's tag say; without a rollout the Champion has all traffic."""
        champion, challenger = self.champion(), self.in_rollout()
        if champion is None:
            raise PipelineError(f"model {self.name}, alias {CHAMPION}", "no version", "one, which has the traffic")
        if challenger is None:
            self._serve(Share(champion, 100))
            return
        state = RolloutState.of(challenger)
        if state.phase == Phase.RUNNING:
            self._share(champion, challenger, state.percent)
            return
        if state.phase == Phase.PROMOTED and str(champion.version) == state.champion:
            self.promote(challenger, champion)
            return
        self._serve(Share(champion, 100))
        if state.phase != Phase.PROMOTED:
            take_alias(self.client, challenger, CHALLENGER)
        self.client.delete_registered_model_alias(self.name, ROLLOUT)

    def _share(self, champion: ModelVersion, challenger: ModelVersion, percent: int) -> None:
        """Split the traffic; a Challenger that does not answer has lost."""
        try:
            self._serve(Share(champion, 100 - percent), Share(challenger, percent))
        except NoAnswer as error:
            if error.version == challenger.version:
                self.end_rollout(challenger, Phase.ROLLED_BACK, str(error))
            raise

    def _supersede(self, version: ModelVersion) -> None:
        """Say of a rollout of another version that this one takes its place."""
        other = self.in_rollout()
        if other is not None and other.version != version.version:
            self._say(other, Phase.SUPERSEDED, f"version {version.version} came after it")

    def _say(self, challenger: ModelVersion, phase: Phase, reason: str) -> None:
        self.tag(challenger, REASON, reason)
        self.tag(challenger, STATE, replace(RolloutState.of(challenger), phase=phase).as_tag())
        log.info("rollout of %s: %s; %s", uri_of(challenger), phase, reason)

    def _serve(self, *shares: Share) -> None:
        split = ", ".join(f"{share.percent} % version {share.version.version}" for share in shares)
        changed = serve(self.workspace, self._endpoint, shares, self._serving)
        log.info("endpoint %s %s: %s", self._endpoint, "now serves" if changed else "serves already", split)
