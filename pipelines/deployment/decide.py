"""What becomes of a Challenger: promoted or not, and in a rollout more traffic, none, or patience. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import fisher_exact

from environments.promotion import Promotion, Rollout
from pipelines.deployment.gain import Gain
from pipelines.deployment.yardstick import Scored, Yardstick

# A rollout is judged many times, and each time chance has another try: this is how rare it must be to be believed.
BEYOND_CHANCE = 0.001


@dataclass(frozen=True)
class Decision:
    """The answer and its reason, in words."""

    promote: bool
    reason: str


def decide_alone(yardstick: Yardstick, challenger: float, rules: Promotion) -> Decision:
    """Where there is no Champion, the threshold decides."""
    promote = yardstick.gain(rules.threshold, challenger) >= 0
    worst = "at least" if yardstick.more_is_better else "at most"
    found = f"{rules.metric} {challenger:.4f}, and {worst} {rules.threshold:g} is needed where there is no Champion"
    return Decision(promote, found)


def decide(gain: Gain, rules: Promotion) -> Decision:
    """The Challenger is promoted when the whole interval of its gain lies above `min_gain`."""
    promote = gain.gain.low > rules.min_gain
    found = f"{rules.metric} {gain.challenger.value:.4f} against the Champion's {gain.champion.value:.4f}"
    interval = f"gain {gain.gain}, {'all' if promote else 'not all'} above {rules.min_gain:g}"
    return Decision(promote, f"{found} on the same rows; {interval}")


class Verdict(StrEnum):
    """What a rollout does next."""

    WAIT = "wait"
    NEXT = "next step"
    ROLL_BACK = "roll back"


@dataclass(frozen=True)
class Judgement:
    """The verdict and its reason, in words."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Observed:
    """What a served version did in a step: requests, how many of them it refused or failed, rows of known truth."""

    requests: int
    errors: int
    labelled: Scored

    @property
    def error_rate(self) -> float:
        """Share of the requests that got no answer."""
        return self.errors / self.requests if self.requests else 0.0


def judge(champion: Observed, challenger: Observed, gain: Gain | None, rules: Rollout, days: float) -> Judgement:
    """Judge a step that began `days` ago; `gain` is None while too little truth is known.

    Errors that are more frequent beyond chance (Fisher's exact test) end the rollout, and so does a metric whose whole
    interval is worse than `max_worse`. A gain that is at best guess no worse than that lets the Challenger go on: the
    comparison on held-out rows has already shown it good, and what a rollout shows is what those rows could not.
    """
    if _fails_more(champion, challenger):
        rates = f"{challenger.error_rate:.1%} of the Challenger's answers are errors, {champion.error_rate:.1%} of"
        return Judgement(Verdict.ROLL_BACK, f"{rates} the Champion's")
    if gain is None:
        counts = f"{len(challenger.labelled)} and {len(champion.labelled)} answers of known truth"
        undecided = f"{counts} of Challenger and Champion, {rules.min_labelled} of each are needed"
    elif gain.gain.high < -rules.max_worse:
        return Judgement(Verdict.ROLL_BACK, f"gain {gain.gain}: all of it below {-rules.max_worse:g}")
    elif gain.gain.value >= -rules.max_worse:
        return Judgement(Verdict.NEXT, f"gain {gain.gain}: no worse than {-rules.max_worse:g}")
    else:
        undecided = f"gain {gain.gain}: below {-rules.max_worse:g}, perhaps by chance"
    if days > rules.max_days:
        return Judgement(Verdict.ROLL_BACK, f"not decided in {rules.max_days} days: {undecided}")
    return Judgement(Verdict.WAIT, undecided)


def next_percent(percent: int, rules: Rollout) -> int:
    """The traffic of the step after the one with `percent`; 100 after the last."""
    return next((step for step in rules.steps if step > percent), 100)


def _fails_more(champion: Observed, challenger: Observed) -> bool:
    table = [[one.errors, one.requests - one.errors] for one in (challenger, champion)]
    return bool(fisher_exact(table, alternative="greater").pvalue < BEYOND_CHANCE)
