"""Which versions answer requests and which is Champion: written in an order that a repetition completes.

The endpoint changes first and the alias Champion last: when the update fails, both are as they were; when the task
dies between the two, a repetition finds the endpoint done and sets the alias. The other way round, batch inference
would use a Champion that could not be served. A rollout's tag comes before either: it says what shall be.

An update takes minutes, in which other jobs and people write too. What a decision was made from is therefore read again
before an alias follows, and if it has changed, they have their way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from databricks.sdk import WorkspaceClient
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from environments import names
from pipelines.deployment.endpoint import NoAnswer, Share, serve
from pipelines.deployment.state import REASON, STATE, Phase, RolloutState
from pipelines.errors import PipelineError
from pipelines.registry import (
    CHALLENGER,
    CHAMPION,
    ROLLOUT,
    TAG_LENGTH,
    has_alias,
    take_alias,
    uri_of,
    version_with_alias,
)
from pipelines.task import Task, log

BEFORE = "champion_before"  # tag of a Champion: the version that was Champion before it


class Said(NamedTuple):
    """Which versions are Champion and in rollout, and the rollout's tag: what decisions are made from."""

    champion: str | None
    in_rollout: str | None
    state: str | None


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

    def said(self) -> Said:
        """What aliases and the rollout's tag say now: a decision holds as long as it is the same."""
        challenger = self.in_rollout()
        return Said(_number(self.champion()), _number(challenger), challenger.tags.get(STATE) if challenger else None)

    def tag(self, version: ModelVersion, key: str, value: str) -> None:
        """Write a tag on a version."""
        self.client.set_model_version_tag(self.name, version.version, key, value[:TAG_LENGTH])

    def promote(self, version: ModelVersion, before: ModelVersion | None) -> None:
        """Make the version Champion, with all of the traffic, in place of the one that was it before."""
        in_rollout = self._supersede(version)
        if before is not None:
            self.tag(version, BEFORE, str(before.version))
        self.make_champion(version, before)
        if in_rollout is not None:
            take_alias(self.client, in_rollout, ROLLOUT)

    def make_champion(self, version: ModelVersion, before: ModelVersion | None) -> None:
        """All of the traffic first, the alias last.

        Raises PipelineError when others wrote meanwhile: what they said is in effect then.
        """
        decided = self.said()._replace(champion=_number(before))
        self._serve(Share(version, 100))
        if self.said() != decided:
            self.settle()
            if not has_alias(self.client, version, CHAMPION):
                found = f"another {CHAMPION} or rollout than before version {version.version} was served"
                raise PipelineError(f"model {self.name}", found, "the same; theirs is served, repeat the task")
            return
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
        take_alias(self.client, challenger, ROLLOUT)

    def _share(self, champion: ModelVersion, challenger: ModelVersion, percent: int) -> None:
        """Split the traffic; a Challenger that does not answer has lost."""
        try:
            self._serve(Share(champion, 100 - percent), Share(challenger, percent))
        except NoAnswer as error:
            if error.version == challenger.version:
                self.end_rollout(challenger, Phase.ROLLED_BACK, str(error))
            raise

    def _supersede(self, version: ModelVersion) -> ModelVersion | None:
        """Say of a rollout of another version that this one takes its place; the version that is in rollout."""
        in_rollout = self.in_rollout()
        if in_rollout is not None and in_rollout.version != version.version:
            self._say(in_rollout, Phase.SUPERSEDED, f"version {version.version} came after it")
        return in_rollout

    def _say(self, challenger: ModelVersion, phase: Phase, reason: str) -> None:
        self.tag(challenger, REASON, reason)
        self.tag(challenger, STATE, replace(RolloutState.of(challenger), phase=phase).as_tag())
        log.info("rollout of %s: %s; %s", uri_of(challenger), phase, reason)

    def _serve(self, *shares: Share) -> None:
        split = ", ".join(f"{share.percent} % version {share.version.version}" for share in shares)
        changed = serve(self.workspace, self._endpoint, shares, self._serving)
        log.info("endpoint %s %s: %s", self._endpoint, "now serves" if changed else "serves already", split)


def _number(version: ModelVersion | None) -> str | None:
    return str(version.version) if version else None
