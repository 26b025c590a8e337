"""Settings of a model's promotion: how a Challenger becomes Champion, who is asked, and how traffic moves to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from environments.strict import Cron, Fraction, Name, Strict
from environments.validation_errors import CrossCheck


class Approval(Strict):
    """A person says yes or no before a version is deployed."""

    timeout_minutes: Annotated[int, Field(ge=1)] = Field(description="how long the job waits for the answer")


class Rollout(Strict):
    """Traffic moves from Champion to Challenger in steps, each judged by what was answered and what turned out true."""

    steps: Annotated[list[Annotated[int, Field(ge=1, le=99)]], Field(min_length=1)] = Field(
        description="percent of the traffic that the Challenger gets, a step after another"
    )
    min_labelled: Annotated[int, Field(ge=10)] = Field(
        description="answers of each version with a known truth before a step is judged"
    )
    max_worse: Annotated[float, Field(ge=0)] = Field(
        description="by how much the Challenger's metric may be worse before it is rolled back"
    )
    max_days: Annotated[int, Field(ge=1)] = Field(description="a step not decided after so many days is rolled back")
    schedule: Cron = Field(description="when the rollout is judged")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Traffic only grows."""
        for index, (before, after) in enumerate(zip(self.steps, self.steps[1:], strict=False), start=1):
            if after <= before:
                yield CrossCheck(("steps", index), str(after), f"more than {before}, the step before")


class Promotion(Strict):
    """When a Challenger becomes Champion."""

    metric: Name = Field(description="metric by which the two are compared")
    threshold: float = Field(description="worst value of a Challenger that passes where there is no Champion yet")
    min_gain: float = Field(
        description="the interval of the gain over the Champion must lie above this; below 0 it is what may be lost"
    )
    confidence: Fraction = Field(default=0.95, description="how sure the interval is")
    resamples: Annotated[int, Field(ge=100)] = Field(
        default=500, description="bootstrap resamples of the rows that the interval comes from"
    )
    approval: Approval | None = Field(
        default=None, description="is a person asked first, where the environment asks people"
    )
    rollout: Rollout | None = Field(
        default=None, description="does traffic move in steps, where the environment rolls out"
    )
