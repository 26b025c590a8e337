"""A rollout is judged: what both versions answered is held against what turned out true, and traffic moves, or not."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan

import mlflow
from mlflow.entities.model_registry import ModelVersion

from environments import names
from environments.promotion import Rollout
from pipelines.deployment.compare import gain_metrics, yardstick
from pipelines.deployment.decide import Judgement, Observed, Verdict, judge, next_percent
from pipelines.deployment.gain import Gain, unpaired_gain
from pipelines.deployment.observe import Step, observe
from pipelines.deployment.pictures import rollout_figure
from pipelines.deployment.release import Release
from pipelines.deployment.state import Phase, RolloutState
from pipelines.errors import PipelineError
from pipelines.registry import CHALLENGER, CHAMPION, uri_of
from pipelines.task import Task, log, run_stage

PICTURE = "rollout.png"


def advance(task: Task) -> None:
    """Judge the step that is under way, if one is. Raises PipelineError when it rolls back, to tell people."""
    rules, release = task.model.promotion.rollout, Release(task)
    if rules is None:
        raise PipelineError(f"model {task.model.name}, promotion.rollout", "nothing", "steps of a rollout")
    said, challenger = release.said(), release.in_rollout()
    if challenger is None:
        log.info("no rollout is under way")
        return
    state, champion = RolloutState.of(challenger), release.champion()
    if state.phase == Phase.RUNNING and champion is not None and str(champion.version) != state.champion:
        _give_way(release, challenger, champion)
        return
    release.settle()  # where somebody died before it was done; else it changes nothing
    if state.phase == Phase.RUNNING:
        judgement = _judge(task, release, challenger, state, rules)
        log.info("%s: %s", judgement.verdict, judgement.reason)
        if release.said() != said:
            log.info("others changed %s or the rollout meanwhile: the next run judges anew", CHAMPION)
            return
        _put_into_effect(release, challenger, judgement, next_percent(state.percent, rules))


def _give_way(release: Release, challenger: ModelVersion, champion: ModelVersion) -> None:
    """Somebody made another version Champion meanwhile: against whom the rollout began is gone, and so is its sense."""
    itself = champion.version == challenger.version
    reason = f"version {champion.version} became Champion by other means"
    release.end_rollout(challenger, Phase.PROMOTED if itself else Phase.SUPERSEDED, reason)


def _judge(task: Task, release: Release, challenger: ModelVersion, state: RolloutState, rules: Rollout) -> Judgement:
    me = release.workspace.current_user.me()
    step = Step(state.since, datetime.now(UTC), (str(me.user_name), str(me.id)))
    observed, over_time = observe(task, step, {CHAMPION: state.champion, CHALLENGER: str(challenger.version)})
    gain = _gain(task, observed[CHAMPION], observed[CHALLENGER], rules)
    judgement = judge(observed[CHAMPION], observed[CHALLENGER], gain, rules, step.days)
    mlflow.set_experiment(names.experiment(task.environment, task.model))
    tags = {
        "kind": "rollout",
        "code_version": task.code_version,
        "challenger": uri_of(challenger),
        "champion": f"models:/{release.name}/{state.champion}",
        "since": state.since.isoformat(),
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
    }
    with mlflow.start_run(run_name=f"rollout {task.model.name} {challenger.version}, {state.percent} %", tags=tags):
        mlflow.log_metric("percent", state.percent)
        for role, one in observed.items():
            counts = {"requests": one.requests, "error_rate": one.error_rate, "labelled": len(one.labelled)}
            mlflow.log_metrics({f"{role.lower()}_{name}": value for name, value in counts.items()})
        metric = task.model.promotion.metric
        if gain is not None:
            values = {CHAMPION: gain.champion.value, CHALLENGER: gain.challenger.value}
            mlflow.log_metrics({f"{role.lower()}_{metric}": value for role, value in values.items()})
            mlflow.log_metrics(gain_metrics(gain))
        mlflow.log_figure(rollout_figure(metric, gain, over_time, step.days * 24, state.percent), PICTURE)
    return judgement


def _gain(task: Task, champion: Observed, challenger: Observed, rules: Rollout) -> Gain | None:
    """The gain, once enough truth is known of both."""
    measure = yardstick(task)
    both = (champion.labelled, challenger.labelled)
    if any(len(one) < rules.min_labelled or isnan(measure.of(one)) for one in both):
        return None
    return unpaired_gain(measure, *both, task.model.promotion, task.model.training.seed)


def _put_into_effect(release: Release, challenger: ModelVersion, judgement: Judgement, percent: int) -> None:
    if judgement.verdict == Verdict.ROLL_BACK:
        release.end_rollout(challenger, Phase.ROLLED_BACK, judgement.reason)
        expected = "answers as good as the Champion's; it is rolled back, the Champion has all of the traffic"
        raise PipelineError(f"rollout of {uri_of(challenger)}", judgement.reason, expected)
    if judgement.verdict == Verdict.NEXT and percent == 100:
        release.end_rollout(challenger, Phase.PROMOTED, judgement.reason)
    elif judgement.verdict == Verdict.NEXT:
        release.go_on(challenger, percent)


def main() -> None:
    """Entry point of the wheel."""
    run_stage("rollout", advance)
