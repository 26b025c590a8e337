"""What a model's jobs do and when: plain values, which the constructs turn into resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from environments import names
from environments.settings import Environment, Model
from environments.sinks import Sinks

RETRAINED_BY_ALERTS = "training"
MODEL_URI = "{{tasks.train.values.model_uri}}"
RUN_ID = "{{job.run_id}}"
# What started the training, which the Logic App tells as the job's parameters. By key of the tasks' own parameters.
ALERT, ALERT_STATE, REASON = "alert", "alert_state", "reason"
CAUSE = {
    "trigger": "{{job.trigger.type}}",
    "alert": f"{{{{job.parameters.{ALERT}}}}}",
    "alert-state": f"{{{{job.parameters.{ALERT_STATE}}}}}",
    "reason": f"{{{{job.parameters.{REASON}}}}}",
}


@dataclass(frozen=True)
class TaskPlan:
    """A task: an entry point of the wheel.

    `repeatable`: a second try cannot harm and may help. `asks_people`: they are told when it starts.
    """

    key: str
    entry_point: str
    after: str | None = None
    takes_model_uri: bool = False
    takes_run_id: bool = False
    takes_cause: bool = False
    repeatable: bool = True
    asks_people: bool = False


@dataclass(frozen=True)
class Condition:
    """A task without code: what comes after it is done only where the reference says true; else the job ends well."""

    key: str
    reference: str
    after: str


@dataclass(frozen=True)
class JobPlan:
    """A job; `schedule` is a Quartz cron expression in UTC, None for a job that only people start.

    `parameters` may be given to a run, and are empty where they are not.
    """

    purpose: str
    description: str
    schedule: str | None
    tasks: tuple[TaskPlan | Condition, ...]
    parameters: tuple[str, ...] = ()


def job_plans(environment: Environment, model: Model) -> list[JobPlan]:
    """The jobs of a model in an environment."""
    plans = [_data(model), _training(environment, model), _batch_inference(model), _monitoring(model), _rollback()]
    if rollout := environment.rollout_of(model):
        plans.append(
            JobPlan(
                "rollout",
                "Judges a Challenger that answers part of the traffic: more of it, all of it, or none",
                rollout.schedule,
                # It fails when it has rolled back, to tell people; a second try would succeed, with nothing left to do.
                (TaskPlan("judge", "rollout", repeatable=False),),
            )
        )
    if model.streaming:
        plans.append(
            JobPlan(
                "streaming-inference",
                "The Champion scores what has arrived since, and what arrives while the run listens",
                model.streaming.schedule,
                (TaskPlan("score", "streaming_inference"),),
            )
        )
    if environment.explores:
        plans.append(
            JobPlan(
                "exploration",
                "Looks at the data, and finds a baseline whose trials can be run again and edited",
                None,
                (TaskPlan("profile", "profiling"), TaskPlan("baseline", "baseline")),
            )
        )
    if environment.snapshot_of and model.snapshot:
        plans.append(
            JobPlan(
                "snapshot",
                f"Copies tables of {environment.snapshot_of}, in part and masked as settings say",
                model.snapshot.schedule,
                (TaskPlan("copy", "snapshot"),),
            )
        )
    return plans


def _data(model: Model) -> JobPlan:
    return JobPlan(
        "data",
        "Landed files become bronze tables, those become feature tables, which are published online",
        model.sources.schedule,
        (
            TaskPlan("ingest", "ingestion"),
            TaskPlan("features", "features", after="ingest"),
            TaskPlan("publish", "publishing", after="features"),
        ),
    )


def _training(environment: Environment, model: Model) -> JobPlan:
    asked = environment.approval_of(model) is not None
    # Asked again by nobody but people: a repetition would overrule a no, or wait as long once more.
    ask = TaskPlan(
        names.APPROVAL, "approval", after="validate", takes_model_uri=True, repeatable=False, asks_people=True
    )
    return JobPlan(
        RETRAINED_BY_ALERTS,
        "Trains a model version, validates it, and deploys it if it is better",
        model.training_schedule,
        (
            TaskPlan("guard", "training_guard", takes_cause=True),
            Condition("proceed", "{{tasks.guard.values.proceed}}", after="guard"),
            TaskPlan("train", "training", after="proceed", takes_cause=True, repeatable=False),
            TaskPlan("validate", "validation", after="train", takes_model_uri=True, repeatable=False),
            *([ask] if asked else []),
            TaskPlan(
                "deploy",
                "deployment",
                after=ask.key if asked else "validate",
                takes_model_uri=True,
                repeatable=False,
            ),
        ),
        parameters=(ALERT, ALERT_STATE, REASON),
    )


def _batch_inference(model: Model) -> JobPlan:
    return JobPlan(
        "batch-inference",
        "The Champion scores the latest data; predictions go to a table, and from there where settings say",
        model.batch.schedule,
        (TaskPlan("score", "batch_inference"), *_sinks(model.batch.sinks)),
    )


def _sinks(sinks: Sinks) -> Iterator[TaskPlan]:
    """A task of its own for each: one that fails holds no other up, and is repaired without scoring again."""
    if sinks.files:
        yield TaskPlan("files", "predictions_to_files", after="score")
    if sinks.jdbc:
        yield TaskPlan("jdbc", "predictions_to_postgresql", after="score")
    if sinks.online:
        yield TaskPlan("online", "predictions_online", after="score")


def _monitoring(model: Model) -> JobPlan:
    return JobPlan(
        "monitoring",
        "Logs what was predicted and what turned out true, and measures quality, drift and infrastructure",
        model.monitoring.schedule,
        (
            TaskPlan("log", "inference_log"),
            TaskPlan("refresh", "monitor_refresh", after="log"),
            TaskPlan("infrastructure", "infrastructure_metrics", after="log"),
        ),
    )


def _rollback() -> JobPlan:
    return JobPlan(
        "rollback",
        "Makes the version that was Champion before Champion again",
        None,
        (TaskPlan("roll_back", "rollback", takes_run_id=True, repeatable=False),),
    )
