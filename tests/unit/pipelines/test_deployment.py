"""What becomes of a Challenger: intervals against known cases, both decisions, the state of a rollout, its pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from mlflow.entities.model_registry import ModelVersion, ModelVersionTag
from scipy.stats import norm

from environments.promotion import Promotion, Rollout
from environments.settings import Model
from pipelines.deployment.compare import description
from pipelines.deployment.decide import (
    Decision,
    Observed,
    Verdict,
    decide,
    decide_alone,
    judge,
    next_percent,
)
from pipelines.deployment.gain import Estimate, Gain, paired_gain, unpaired_gain
from pipelines.deployment.pictures import comparison_figure, rollout_figure
from pipelines.deployment.state import STATE, Phase, RolloutState
from pipelines.deployment.yardstick import Scored, Yardstick
from pipelines.errors import PipelineError
from pipelines.evaluation.metrics import Metrics
from pipelines.registry import CHALLENGER, CHAMPION

RULES = Promotion(metric="roc_auc", threshold=0.6, min_gain=0.01, resamples=400)
STEPS = Rollout(steps=[10, 50], min_labelled=300, max_worse=0.02, max_days=14, schedule="0 0 * * * ?")
AUC = Yardstick("roc_auc", Metrics("binary").function("roc_auc"), True)
LOSS = Yardstick("rmse", Metrics("regression").function("rmse"), False)
MEAN = Yardstick("mean", lambda _, scores: float(scores.mean()), True)


def gain_of(value: float, low: float, high: float) -> Gain:
    flat = Estimate(0.7, 0.69, 0.71)
    return Gain(flat, replace(flat, value=0.7 + value), Estimate(value, low, high), np.array([low, high]))


def noise(seed: int, count: int, mean: float = 0.0) -> Scored:
    scores = np.random.default_rng(seed).normal(mean, 1, count)
    return Scored(np.zeros(count), scores)


@pytest.mark.parametrize(("challenger", "promote"), [(0.61, True), (0.6, True), (0.59, False)])
def test_without_a_champion_the_threshold_decides(challenger: float, promote: bool) -> None:
    decision = decide_alone(AUC, challenger, RULES)
    assert decision.promote is promote
    assert f"{challenger:.4f}" in decision.reason and "at least 0.6" in decision.reason
    assert decide_alone(LOSS, challenger, RULES).promote is (challenger <= 0.6)


@pytest.mark.parametrize(("low", "promote"), [(0.011, True), (0.01, False), (-0.2, False), (float("nan"), False)])
def test_the_whole_interval_of_the_gain_must_be_enough(low: float, promote: bool) -> None:
    decision = decide(gain_of(0.05, low, 0.1), RULES)
    assert decision.promote is promote
    assert "gain 0.0500" in decision.reason
    assert ("not all" in decision.reason) is not promote


def test_the_intervals_of_means_are_those_of_theory() -> None:
    count = 2000
    champion, challenger = noise(1, count), noise(2, count, 0.3)
    reach = norm.ppf(0.975) * np.sqrt(champion.scores.var() / count + challenger.scores.var() / count)
    found = unpaired_gain(MEAN, champion, challenger, RULES, seed=3)
    assert found.gain.value == pytest.approx(challenger.scores.mean() - champion.scores.mean())
    assert (found.gain.high - found.gain.low) / 2 == pytest.approx(reach, rel=0.15)
    assert found.gain.low < 0.3 < found.gain.high


def test_rows_of_one_request_are_one_draw() -> None:
    """A hundred rows that say the same tell as much as one."""
    once = noise(1, 50)
    many = Scored(np.repeat(once.labels, 100), np.repeat(once.scores, 100), np.repeat(np.arange(50), 100)[::-1])
    wide, told = (unpaired_gain(MEAN, rows, rows, RULES, seed=3).gain for rows in (once, many))
    assert told.high - told.low == pytest.approx(wide.high - wide.low, rel=0.2)
    assert sorted(len(places) for places in many.together()) == [100] * 50


def test_pairs_tell_finer_than_two_samples() -> None:
    champion = noise(1, 1000)
    challenger = Scored(champion.labels, champion.scores + 0.01)
    paired = paired_gain(MEAN, champion, challenger, RULES, seed=3).gain
    assert (paired.low, paired.high) == (pytest.approx(0.01), pytest.approx(0.01))
    assert unpaired_gain(MEAN, champion, challenger, RULES, seed=3).gain.low < -0.05


def test_a_gain_has_the_metric_s_direction_and_a_seed() -> None:
    truth = np.random.default_rng(5).normal(0, 1, 500)
    good, bad = Scored(truth, truth + 0.1), Scored(truth, truth + 0.5)
    assert paired_gain(LOSS, bad, good, RULES, seed=3).gain.value == pytest.approx(0.4)
    assert paired_gain(LOSS, good, bad, RULES, seed=3).gain.high < 0
    first, second = (paired_gain(LOSS, bad, good, RULES, seed=3).resampled for _ in range(2))
    assert (first == second).all()


def test_rows_that_cannot_be_judged_give_no_interval() -> None:
    nothing = Yardstick("none", lambda *_: float("nan"), True)
    rows = noise(1, 20)
    found = unpaired_gain(nothing, rows, rows, RULES, seed=3)
    assert np.isnan([found.gain.value, found.gain.low, found.gain.high]).all()


def test_the_interval_of_many_rows_is_made_of_a_sample() -> None:
    rows = noise(1, 50_000)
    found = paired_gain(MEAN, rows, rows, Promotion(metric="m", threshold=0, min_gain=0, resamples=100), seed=3)
    assert (found.champion.high - found.champion.low) / 2 == pytest.approx(1.96 / np.sqrt(20_000), rel=0.25)


def observed(requests: int = 1000, errors: int = 0, labelled: int = 500) -> Observed:
    return Observed(requests, errors, noise(1, labelled))


@pytest.mark.parametrize(
    ("gain", "days", "verdict"),
    [
        (None, 1, Verdict.WAIT),
        (None, 15, Verdict.ROLL_BACK),
        (gain_of(0.1, -0.1, 0.3), 1, Verdict.NEXT),
        (gain_of(-0.01, -0.1, 0.1), 20, Verdict.NEXT),
        (gain_of(-0.05, -0.1, 0.1), 1, Verdict.WAIT),
        (gain_of(-0.05, -0.1, 0.1), 15, Verdict.ROLL_BACK),
        (gain_of(-0.05, -0.1, -0.03), 1, Verdict.ROLL_BACK),
    ],
)
def test_a_step_is_judged_by_its_gain(gain: Gain | None, days: float, verdict: Verdict) -> None:
    found = judge(observed(), observed(), gain, STEPS, days)
    assert found.verdict == verdict, found.reason


def test_errors_end_a_rollout_when_they_are_no_chance() -> None:
    good = gain_of(0.1, 0.05, 0.2)
    failing = judge(observed(1000, 10), observed(100, 20), good, STEPS, 1)
    assert failing.verdict == Verdict.ROLL_BACK and "20.0%" in failing.reason
    assert judge(observed(1000, 10), observed(100, 3), good, STEPS, 1).verdict == Verdict.NEXT
    assert judge(observed(1000, 200), observed(100, 20), good, STEPS, 1).verdict == Verdict.NEXT
    assert judge(observed(0), observed(0), None, STEPS, 1).verdict == Verdict.WAIT


def test_steps() -> None:
    assert [next_percent(percent, STEPS) for percent in (10, 30, 50, 99)] == [50, 50, 100, 100]


def test_the_state_is_one_tag() -> None:
    state = RolloutState(Phase.RUNNING, 10, datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC), "3")
    version = ModelVersion("a.b.c", "7", 0, tags=[ModelVersionTag(STATE, state.as_tag())])
    assert len(state.as_tag()) < 250
    assert RolloutState.of(version) == state
    for wrong in ("", "{}", "10 %", '{"phase": "LOST", "percent": 1, "since": "2026-11-27", "champion": "3"}'):
        with pytest.raises(PipelineError, match=r"a\.b\.c/7"):
            RolloutState.of(ModelVersion("a.b.c", "7", 0, tags=[ModelVersionTag(STATE, wrong)]))


def test_a_repeated_comparison_replaces_its_report() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    once = description("A model.\n\n## Validation (then)\n- ✓ loads", Decision(True, "better"), now)
    assert once.endswith("- ✓ loads\n\n## Comparison (2026-11-27 00:00 UTC)\n- ✓ better")
    assert description(once, Decision(True, "better"), now) == once


def test_pictures(model: Model) -> None:
    labels = np.random.default_rng(1).integers(0, 2, 400)
    scored = {
        role: Scored(labels, labels * 0.3 + noise(seed, 400).scores) for seed, role in enumerate((CHAMPION, CHALLENGER))
    }
    gain = paired_gain(AUC, scored[CHAMPION], scored[CHALLENGER], model.promotion, seed=3)
    assert len(comparison_figure(model.promotion, AUC, gain, scored, "binary").axes) == 3
    assert len(comparison_figure(model.promotion, AUC, gain, scored, "regression").axes) == 2
    requests = {CHAMPION: [9, 8], CHALLENGER: [1, 2]}
    for known in (gain, None):
        assert len(rollout_figure("roc_auc", known, requests, 48, 10).axes) == 2
