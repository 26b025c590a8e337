"""What a model's jobs do and when: plain values, which the constructs turn into resources."""

from __future__ import annotations

from dataclasses import dataclass

from environments.settings import Model

RETRAINED_BY_ALERTS = "training"
MODEL_URI = "{{tasks.train.values.model_uri}}"


@dataclass(frozen=True)
class TaskPlan:
    """A task: an entry point of the wheel. `repeatable`: a second try cannot harm and may help."""

    key: str
    entry_point: str
    after: str | None = None
    takes_model_uri: bool = False
    repeatable: bool = True


@dataclass(frozen=True)
class JobPlan:
    """A job; `schedule` is a Quartz cron expression in UTC."""

    purpose: str
    description: str
    schedule: str
    tasks: tuple[TaskPlan, ...]


def job_plans(model: Model) -> list[JobPlan]:
    """The jobs of a model."""
    return [
        JobPlan(
            "data",
            "Landed files become bronze tables, those become feature tables",
            model.sources.schedule,
            (TaskPlan("ingest", "ingestion"), TaskPlan("features", "features", after="ingest")),
        ),
        JobPlan(
            RETRAINED_BY_ALERTS,
            "Trains a model version, validates it, and deploys it if it is better",
            model.training_schedule,
            (
                TaskPlan("train", "training", repeatable=False),
                TaskPlan("validate", "validation", after="train", takes_model_uri=True, repeatable=False),
                TaskPlan("deploy", "deployment", after="validate", takes_model_uri=True, repeatable=False),
            ),
        ),
        JobPlan(
            "batch-inference",
            "The Champion scores the latest data",
            model.batch.schedule,
            (TaskPlan("score", "batch_inference"),),
        ),
    ]
