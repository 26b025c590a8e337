"""Settings of a model's training: what is held out, the algorithms chosen, and the space that is searched in dev."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from environments.strict import Name, Strict
from environments.validation_errors import CrossCheck

Algorithm = Literal["lightgbm", "linear"]
Hyperparameter = float | int | str


class Range(Strict):
    """Numbers from `low` to `high`, both included; whole ones when both ends are."""

    low: int | float = Field(description="least value")
    high: int | float = Field(description="greatest value")
    log: bool = Field(default=False, description="are small values tried as often as large ones")

    def cross_checks(self) -> Iterator[CrossCheck]:
        """The ends are in order, and a logarithm has nothing to do with zero."""
        if self.high <= self.low:
            yield CrossCheck(("high",), str(self.high), f"more than {self.low}, which is low")
        if self.log and self.low <= 0:
            yield CrossCheck(("low",), f"{self.low} with log: true", "a number above 0")


Choices = Annotated[list[Hyperparameter], Field(min_length=1)]


class Tuning(Strict):
    """The search for hyperparameters, where an environment's `tuning_trials` asks for one."""

    search_space: dict[Algorithm, dict[str, Range | Choices]] = Field(
        description="what is tried: for each algorithm, hyperparameters with a range or a list of values"
    )
    parallel_trials: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1, description="trials at a time; more than one are run on Spark's workers"
    )


class Training(Strict):
    """How a model is trained: held-out time ranges in days, and the algorithms and hyperparameters chosen in dev."""

    test_days: Annotated[int, Field(ge=1)] = Field(description="latest days, held out to judge the trained model")
    validation_days: Annotated[int, Field(ge=1)] = Field(
        description="days before those, by which training stops early and algorithms are compared"
    )
    max_rows: Annotated[int, Field(ge=1000)] = Field(description="sample that must fit one machine's memory")
    seed: int = Field(description="of everything random, so that a training can be repeated")
    metric: Name = Field(description="metric on the validation rows by which algorithms and trials are compared")
    algorithms: Annotated[dict[Algorithm, dict[str, Hyperparameter]], Field(min_length=1)] = Field(
        description="the best algorithms, each with the hyperparameters chosen; the better one is kept"
    )
    tuning: Tuning | None = Field(default=None, description="the search in dev; without it nothing is searched")


class Exploration(Strict):
    """The first look at the data and the baseline that AutoML finds, in environments that explore."""

    max_rows: Annotated[int, Field(ge=100)] = Field(default=20_000, description="rows that are looked at")
    trials: Annotated[int, Field(ge=1)] = Field(default=10, description="most trials of the baseline's search")
    seconds: Annotated[int, Field(ge=5)] = Field(default=60, description="longest time of the baseline's search")
