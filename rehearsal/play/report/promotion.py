"""What the report says of promotions, as data: comparisons of two versions, and rollouts step by step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A value, and the bounds between which it lies as surely as settings ask."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Challenger and Champion on the same held-out rows."""

    environment: str
    model: str
    challenger: str
    champion: str
    metric: str
    metrics: dict[str, tuple[float | None, float]]
    """By name: the Champion's value, None where there is no Champion, and the Challenger's."""
    gain: Interval | None
    promoted: bool
    reason: str
    picture_png: bytes | None = None
    run_id: str = ""


@dataclass(frozen=True)
class Side:
    """What one version did in a step of a rollout; `value` is the metric, None where too little truth is known."""

    requests: int
    error_rate: float
    labelled: int
    value: float | None


@dataclass(frozen=True)
class RolloutStep:
    """One judgement of a rollout: the Challenger's percentage of the traffic, both sides, and what follows."""

    percent: int
    since: str
    champion: Side
    challenger: Side
    gain: Interval | None
    verdict: str
    reason: str
    picture_png: bytes | None = None


@dataclass(frozen=True)
class Rollout:
    """How traffic moved from the Champion to a Challenger, or back."""

    environment: str
    model: str
    challenger: str
    champion: str
    metric: str
    outcome: str
    reason: str
    steps: list[RolloutStep]

    @property
    def decided(self) -> bool:
        """Has it come to an end of its own."""
        return self.outcome in ("PROMOTED", "ROLLED_BACK")
