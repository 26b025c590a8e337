"""Roll back: the version that was Champion before is Champion again, and a rollout that is under way ends."""

from __future__ import annotations

from datetime import UTC, datetime

from mlflow.entities.model_registry import ModelVersion

from pipelines.deployment.release import BEFORE, Release
from pipelines.deployment.state import Phase
from pipelines.errors import PipelineError
from pipelines.registry import (
    CHALLENGER,
    CHAMPION,
    PROMOTION,
    find_version,
    moment_of,
    require_passed,
    take_alias,
    uri_of,
)
from pipelines.task import Task, log, run_stage

RESTORED = "restored_by_run"  # tag: the job run that made the version Champion again
LEFT = "rolled_back"  # tag of the version that was left: when, by which job run, to which version


def roll_back(task: Task) -> None:
    """Go back one version. A repetition within the same job run goes no further back."""
    release = Release(task)
    champion = release.champion()
    if champion is None:
        raise PipelineError(f"model {release.name}, alias {CHAMPION}", "no version", "one to go back from")
    if task.run_id and champion.tags.get(RESTORED) == task.run_id:
        release.settle()
        log.info("%s is Champion again already", uri_of(champion))
        return
    before = _before(release, champion)
    why = f"{moment_of(datetime.now(UTC))}, job run {task.run_id or 'unknown'}"
    in_rollout = release.in_rollout()
    if in_rollout is not None:
        release.end_rollout(in_rollout, Phase.STOPPED, f"Champion was rolled back: {why}")
    release.tag(champion, LEFT, f"to version {before.version}: {why}")
    release.tag(before, RESTORED, task.run_id)
    release.tag(before, PROMOTION, f"rolled back from version {champion.version}: {why}")
    take_alias(release.client, champion, CHALLENGER)
    release.make_champion(before, champion)


def _before(release: Release, champion: ModelVersion) -> ModelVersion:
    """The version to go back to. Raises PipelineError when there is none, or none that may serve."""
    number = champion.tags.get(BEFORE)
    if number is None:
        expected = "the version that was Champion before; there is nothing to go back to"
        raise PipelineError(f"model {uri_of(champion)}, tag {BEFORE}", "no tag", expected)
    version = find_version(release.client, release.name, number)
    require_passed(version)
    return version


def main() -> None:
    """Entry point of the wheel."""
    run_stage("rollback", roll_back)
