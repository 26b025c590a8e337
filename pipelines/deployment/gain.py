"""By how much one model is better than another, and how sure that is. Pure functions.

The intervals are percentile bootstrap intervals: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", ch. 13.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from environments.promotion import Promotion
from pipelines.deployment.yardstick import Scored, Yardstick

MOST_ROWS = 20_000  # resampled; of more rows a sample: its interval is wider, never too narrow


@dataclass(frozen=True)
class Estimate:
    """A value of all rows, and the interval in which it lies with the confidence that was asked for."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


@dataclass(frozen=True)
class Gain:
    """Both models' values and the Challenger's gain; `resampled` is the gain of each resample."""

    champion: Estimate
    challenger: Estimate
    gain: Estimate
    resampled: np.ndarray


def paired_gain(yardstick: Yardstick, champion: Scored, challenger: Scored, rules: Promotion, seed: int) -> Gain:
    """The gain where both scored the same rows: a resample takes the same rows of both, which tells much finer."""
    chance = np.random.default_rng(seed)
    rows = np.arange(len(champion))
    if len(rows) > MOST_ROWS:
        rows = chance.choice(rows, MOST_ROWS, replace=False)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        drawn = chance.choice(rows, len(rows))
        return drawn, drawn

    return _gain(yardstick, champion, challenger, rules, draw)


def unpaired_gain(yardstick: Yardstick, champion: Scored, challenger: Scored, rules: Promotion, seed: int) -> Gain:
    """The gain where each scored rows of its own, as under split traffic.

    What is drawn are whole requests, as they are what the split draws: rows that are asked about together are alike,
    and drawn alone they would promise too narrow an interval.
    """
    chance = np.random.default_rng(seed)
    requests = champion.together(), challenger.together()

    def draw() -> tuple[np.ndarray, np.ndarray]:
        of_champion, of_challenger = (_some(of, chance) for of in requests)
        return of_champion, of_challenger

    return _gain(yardstick, champion, challenger, rules, draw)


def _some(requests: list[np.ndarray], chance: np.random.Generator) -> np.ndarray:
    drawn = chance.integers(len(requests), size=min(len(requests), MOST_ROWS))
    return np.concatenate([requests[place] for place in drawn])


def _gain(
    yardstick: Yardstick,
    champion: Scored,
    challenger: Scored,
    rules: Promotion,
    draw: Callable[[], tuple[np.ndarray, np.ndarray]],
) -> Gain:
    values = np.empty((rules.resamples, 2))
    for resample in range(rules.resamples):
        of_champion, of_challenger = (rows.at(at) for rows, at in zip((champion, challenger), draw(), strict=True))
        values[resample] = yardstick.of(of_champion), yardstick.of(of_challenger)
    known, known_too = yardstick.of(champion), yardstick.of(challenger)
    gains = np.array([yardstick.gain(*pair) for pair in values])
    return Gain(
        champion=_estimate(known, values[:, 0], rules.confidence),
        challenger=_estimate(known_too, values[:, 1], rules.confidence),
        gain=_estimate(yardstick.gain(known, known_too), gains, rules.confidence),
        resampled=gains,
    )


def _estimate(value: float, resampled: np.ndarray, confidence: float) -> Estimate:
    """The interval leaves out as many resamples below as above; a resample that cannot be judged says nothing."""
    judged = resampled[~np.isnan(resampled)]
    if not len(judged):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(judged, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(value, float(low), float(high))
