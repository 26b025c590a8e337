"""Deployment: the Challenger becomes Champion, at once or in steps, when it is the better one."""

from __future__ import annotations

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from pipelines.deployment.compare import compare, description
from pipelines.deployment.release import Release
from pipelines.deployment.state import Phase, RolloutState
from pipelines.errors import PipelineError
from pipelines.registry import CHALLENGER, CHAMPION, PROMOTION, require_passed, uri_of, version_of, version_with_alias
from pipelines.task import Task, log, run_stage


def deploy(task: Task) -> None:
    """Compare, decide, and put the decision into effect. Repeated, it completes what an earlier try began."""
    release = Release(task)
    challenger = version_of(release.client, release.name, task.model_uri)
    rolled_out = release.in_rollout()
    if rolled_out is not None:
        if RolloutState.of(rolled_out).phase != Phase.RUNNING or rolled_out.version == challenger.version:
            release.settle()
        if rolled_out.version == challenger.version:
            return
    said, champion = release.said(), release.champion()
    if champion is not None and champion.version == challenger.version:
        release.settle()
        log.info("%s is Champion already", uri_of(challenger))
        return
    _require_validated(release.client, challenger)
    decision = compare(task, challenger, champion)
    if release.said() != said:
        log.info("others changed %s or the rollout meanwhile: once more", CHAMPION)
        deploy(task)
        return
    log.info("%s", decision.reason)
    release.tag(challenger, PROMOTION, decision.reason)
    text = description(challenger.description, decision)
    release.client.update_model_version(challenger.name, challenger.version, text)
    rollout = task.environment.rollout_of(task.model)
    if not decision.promote:
        log.info("%s is not promoted: Champion and endpoint are as they were", uri_of(challenger))
    elif champion is None or rollout is None:
        release.promote(challenger, champion)
    else:
        release.begin_rollout(challenger, champion, rollout.steps[0])


def _require_validated(client: MlflowClient, version: ModelVersion) -> None:
    require_passed(version)
    holder = version_with_alias(client, version.name, CHALLENGER)
    if holder is None or holder.version != version.version:
        found = f"version {holder.version}" if holder else "no version"
        raise PipelineError(f"model {version.name}, alias {CHALLENGER}", found, f"version {version.version}")


def main() -> None:
    """Entry point of the wheel."""
    run_stage("deployment", deploy)
