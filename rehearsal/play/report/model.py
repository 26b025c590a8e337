"""What a rehearsal's report says, as data: who fills this in needs to know nothing of HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.play.report.promotion import Comparison, Rollout


@dataclass(frozen=True)
class Step:
    """One step of the rehearsal, placed on the time line by seconds since the start."""

    name: str
    started: float
    seconds: float
    ok: bool = True
    note: str = ""


@dataclass(frozen=True)
class Resource:
    """Something that `cdktf deploy` made: Terraform's type, its name, its id in the workspace."""

    type: str
    name: str
    id: str = ""


@dataclass(frozen=True)
class Deployment:
    """All resources of one environment."""

    environment: str
    resources: list[Resource]
    seconds: float | None = None


@dataclass(frozen=True)
class Task:
    """One task of a job run; `state` is Databricks' result (or life cycle) state, such as SUCCESS or FAILED."""

    key: str
    state: str
    seconds: float | None = None
    depends_on: list[str] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True)
class Run:
    """A job run with its task graph."""

    job: str
    run_id: int | str
    environment: str
    state: str
    tasks: list[Task]
    seconds: float | None = None
    run_as: str = ""
    note: str = ""


@dataclass(frozen=True)
class Approval:
    """A person's answer to a job that asked whether to deploy a version; `answer` says Approved or Rejected."""

    environment: str
    model: str
    version: int | str
    answer: str
    who: str
    why: str
    at: datetime


@dataclass(frozen=True)
class InputTable:
    """A table that a model was trained on, at a version of its Delta log."""

    name: str
    version: int | str
    rows: int | None = None


@dataclass(frozen=True)
class Picture:
    """A PNG with what it shows."""

    caption: str
    png: bytes


@dataclass(frozen=True)
class ModelCard:
    """A registered model version: how it came to be and what became of it."""

    environment: str
    name: str
    version: int | str
    aliases: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    inputs: list[InputTable] = field(default_factory=list)
    validation: str = ""
    promotion: str = ""
    pictures: list[Picture] = field(default_factory=list)
    card_markdown: str = ""
    run_id: str = ""
    code_version: str = ""


@dataclass(frozen=True)
class EndpointCall:
    """A request to a serving endpoint and its answer, as sent and received."""

    environment: str
    endpoint: str
    request: Any
    response: Any
    status: int = 200
    milliseconds: float | None = None
    served: str = ""


@dataclass(frozen=True)
class TableHead:
    """The first rows of a table."""

    environment: str
    name: str
    columns: list[str]
    rows: list[list[Any]]
    total_rows: int | None = None
    delta_version: int | str | None = None


@dataclass(frozen=True)
class Attempt:
    """Something that somebody tried: expected and actual say `allowed` or `refused`, `answer` is the message."""

    who: str
    what: str
    how: str
    expected: str
    actual: str
    answer: str = ""

    @property
    def ok(self) -> bool:
        """Did happen what had to happen?"""
        return self.expected == self.actual


@dataclass(frozen=True)
class Rehearsal:
    """The whole report. Parts that a rehearsal did not reach stay empty; the page then says so."""

    started: datetime
    seconds: float
    commit: str
    wheel_digest: str
    provider: str
    """`real` or `stand-in`: the Terraform provider that deployed."""
    title: str = "Rehearsal"
    versions: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    models: list[ModelCard] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    rollouts: list[Rollout] = field(default_factory=list)
    calls: list[EndpointCall] = field(default_factory=list)
    tables: list[TableHead] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    error: str = ""
    """Why the rehearsal stopped early, if it did."""

    @property
    def ok(self) -> bool:
        """True when nothing stopped it, every step and run succeeded, and every access attempt ended as it had to."""
        steps = all(step.ok for step in self.steps)
        runs = all(run.state == "SUCCESS" for run in self.runs)
        return not self.error and steps and runs and all(attempt.ok for attempt in self.attempts)
