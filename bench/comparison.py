"""One measured comparison: ours beside what a user would pick instead, in the same run, with the goal that it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """What the comparison should show; made by one of the three functions below."""

    kind: Literal["ratio ≥", "ratio ≤", "value ≤"]
    bound: float

    @staticmethod
    def ratio_at_least(bound: float) -> Goal:
        """Ours is `bound` times the other: for rates, and for times where `speedup` turns the ratio round."""
        return Goal("ratio ≥", bound)

    @staticmethod
    def ratio_at_most(bound: float) -> Goal:
        """Ours costs at most `bound` times what the other costs."""
        return Goal("ratio ≤", bound)

    @staticmethod
    def value_at_most(bound: float) -> Goal:
        """Ours is at most `bound`, in the comparison's unit, whatever the other is."""
        return Goal("value ≤", bound)


@dataclass(frozen=True)
class Comparison:
    """A figure of ours and, where there is one, of the alternative."""

    what: str
    unit: str
    ours: float
    instead: str
    """What a user would pick instead; empty where the goal is a figure of its own."""
    theirs: float | None
    goal: Goal | None = None
    """None for a figure that is shown beside the others and promised by nobody."""
    speedup: bool = False
    """The unit is a cost (seconds): the ratio is theirs / ours, how many times faster ours is."""

    @property
    def ratio(self) -> float | None:
        """Ours in terms of theirs (the other way round for a speed-up), or None without an alternative."""
        if self.theirs is None:
            return None
        return self.theirs / self.ours if self.speedup else self.ours / self.theirs

    @property
    def met(self) -> bool | None:
        """Is the goal reached? None without a goal. Raises ValueError for a goal of a ratio without an alternative."""
        if self.goal is None:
            return None
        if self.goal.kind == "value ≤":
            return self.ours <= self.goal.bound
        if self.ratio is None:
            raise ValueError(f"{self.what}: a goal of a ratio needs what it is compared with")
        return self.ratio >= self.goal.bound if self.goal.kind == "ratio ≥" else self.ratio <= self.goal.bound
