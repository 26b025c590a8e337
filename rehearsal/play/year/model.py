"""What a year's report says, as data: who fills this in needs to know nothing of HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite, nan

from rehearsal.play.report.model import Step


@dataclass(frozen=True)
class Quality:
    """How well scores agreed with the truth; by the names of `pipelines.evaluation.metrics` and the model's own."""

    metrics: dict[str, float]


@dataclass(frozen=True)
class Month:
    """A month that was lived through. Both qualities are of all its rows whose truth is known by the year's end."""

    label: str
    """Such as 2013-04."""
    rows: int
    positive_share: float
    champion: str
    """The version that was Champion while the month went by: what was learnt of the month itself came after it."""
    retrained: Quality
    """Of the Champion of then."""
    first: Quality
    """Of the year's first version: as if nobody had trained again."""


@dataclass(frozen=True)
class Drift:
    """How far a feature's values in a month are from those of the first months: population stability index."""

    month: str
    feature: str
    value: float


@dataclass(frozen=True)
class Version:
    """A version of the registered model: when and why it was trained, and what became of it."""

    number: str
    trained_at: datetime
    why: str
    validation: str
    outcome: str
    """PROMOTED, ROLLED_BACK, or the reason why it went no further."""
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Traffic:
    """From a moment on: the percentage of the endpoint's traffic that each version has."""

    at: datetime
    percent: dict[str, int]


@dataclass(frozen=True)
class AlertEvent:
    """An alert that changed its state or was told again, and what came of it."""

    at: datetime
    alert: str
    state: str
    value: float | None
    consequence: str


@dataclass(frozen=True)
class Fault:
    """What went wrong, on purpose, and how it ended."""

    month: str
    name: str
    what: str
    ended: str
    ok: bool


@dataclass(frozen=True)
class Count:
    """Two numbers that have to be the same, counted in different places."""

    what: str
    expected: int
    found: int

    @property
    def ok(self) -> bool:
        """Are they."""
        return self.expected == self.found


@dataclass(frozen=True)
class Cost:
    """What a job or the endpoint took in the whole year, as the workspace's table of infrastructure metrics says."""

    name: str
    runs: int
    errors: int
    seconds: float | None
    """None for the endpoint."""
    cost: float
    currency: str


@dataclass(frozen=True)
class YearReport:
    """The whole report. Parts that were not reached stay empty; the page then says so."""

    began: datetime
    """By the machine's clock."""
    seconds: float
    commit: str
    model: str
    metric: str
    """Of the metrics, the one that decides about promotions."""
    more_is_better: bool
    months: list[Month] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    traffic: list[Traffic] = field(default_factory=list)
    alerts: list[AlertEvent] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    error: str = ""

    @property
    def ok(self) -> bool:
        """Did every step succeed, every fault end well and every count agree."""
        done = all(step.ok for step in self.steps) and not self.error
        return done and all(fault.ok for fault in self.faults) and all(count.ok for count in self.counts)

    def gain_of(self, month: Month) -> float | None:
        """By how much retraining was better than none in a month; None where the deciding metric is not known."""
        retrained, first = (quality.metrics.get(self.metric, nan) for quality in (month.retrained, month.first))
        gain = (retrained - first) * (1 if self.more_is_better else -1)
        return gain if isfinite(gain) else None

    @property
    def gain(self) -> float | None:
        """The months' mean gain, by their rows; below 0: retraining was worse than none."""
        gains = [(month.rows, gain) for month in self.months if (gain := self.gain_of(month)) is not None]
        rows = sum(rows for rows, _ in gains)
        return sum(rows * gain for rows, gain in gains) / rows if rows else None
