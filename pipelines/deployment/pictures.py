"""Pictures of a comparison and of a rollout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from environments.metrics import Problem
from environments.promotion import Promotion
from pipelines.deployment.gain import Estimate, Gain
from pipelines.deployment.yardstick import Scored, Yardstick
from pipelines.registry import CHALLENGER, CHAMPION

COLOURS = {CHAMPION: "tab:grey", CHALLENGER: "tab:blue"}


def comparison_figure(
    rules: Promotion, yardstick: Yardstick, gain: Gain, scored: Mapping[str, Scored], problem: Problem
) -> Figure:
    """Both values with their intervals, the gain of the resamples, and for classes both ROC curves."""
    figure = Figure(figsize=(12 if problem == "binary" else 8, 4), layout="constrained")
    panels = figure.subplots(1, 3 if problem == "binary" else 2)
    draw_estimates(panels[0], yardstick.metric, {CHAMPION: gain.champion, CHALLENGER: gain.challenger})
    panels[1].hist(gain.resampled[~np.isnan(gain.resampled)], bins=40, color="tab:blue", alpha=0.5)
    panels[1].axvspan(gain.gain.low, gain.gain.high, alpha=0.15, label=f"{rules.confidence:.0%} of the resamples")
    panels[1].axvline(rules.min_gain, linestyle="--", color="tab:red", label=f"gain needed, {rules.min_gain:g}")
    panels[1].set(title=f"Gain in {yardstick.metric}", xlabel="above 0 the Challenger is better", ylabel="resamples")
    panels[1].legend()
    if problem == "binary":
        for role, one in scored.items():
            false_positive, true_positive, _ = roc_curve(one.labels, one.scores)
            panels[2].plot(false_positive, true_positive, label=role, color=COLOURS[role])
        panels[2].set(title="ROC on held-out rows", xlabel="false positive rate", ylabel="true positive rate")
        panels[2].legend()
    return figure


def rollout_figure(
    metric: str, gain: Gain | None, requests: Mapping[str, Sequence[int]], hours: float, percent: int
) -> Figure:
    """Requests of the step over time by version, and the metric of both where enough truth is known."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    over_time, quality = figure.subplots(1, 2)
    unit, length = ("minutes", hours * 60) if hours < 2 else ("hours", hours)
    for role, counts in requests.items():
        times = (np.arange(len(counts)) + 0.5) * length / len(counts)
        over_time.plot(times, counts, marker="o", label=f"{role}, {sum(counts)} requests", color=COLOURS[role])
    over_time.set(title=f"Requests, {percent} % to the Challenger", xlabel=f"{unit} of this step", ylabel="requests")
    over_time.legend()
    if gain is None:
        quality.text(0.5, 0.5, "too little truth is known", ha="center", va="center")
        quality.set(title=metric, xticks=[], yticks=[])
    else:
        draw_estimates(quality, metric, {CHAMPION: gain.champion, CHALLENGER: gain.challenger})
    return figure


def draw_estimates(panel: Axes, metric: str, estimates: Mapping[str, Estimate]) -> None:
    """A dot for each value, a bar for its interval."""
    for place, (role, one) in enumerate(estimates.items()):
        # A percentile interval need not hold the value itself.
        reach = [[max(one.value - one.low, 0)], [max(one.high - one.value, 0)]]
        panel.errorbar([place], [one.value], yerr=reach, marker="o", capsize=6, color=COLOURS[role])
        panel.annotate(f" {one.value:.4f}", (place, one.value))
    panel.set(title=f"{metric} with its interval", xticks=range(len(estimates)), xlim=(-0.5, len(estimates) - 0.3))
    panel.set_xticklabels(list(estimates))
