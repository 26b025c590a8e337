"""Quality: the metric on held-out rows is good enough, for all of them and for each slice. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from environments.settings import Model
from pipelines.evaluation.metrics import SliceQuality
from pipelines.validation.checks import Check


def metric_check(name: str, value: float, worst: float, model: Model, what: str = "held-out rows") -> Check:
    """Is the metric not worse than the worst value that passes; which side is worse depends on the metric."""
    metric = model.validation.metric
    more = model.more_is_better(metric)
    passed = value >= worst if more else value <= worst
    return Check(name, passed, f"{metric} {value:.4f} on {what}", f"at {'least' if more else 'most'} {worst}", value)


def slice_checks(slices: Sequence[SliceQuality], model: Model) -> list[Check]:
    """Is the metric good enough on each slice, so that a good average hides no group served badly."""
    rules = model.validation
    return [
        metric_check(
            f"slice_{one.column}_{one.value}",
            one.metrics[rules.metric],
            rules.slice_threshold,
            model,
            f"{one.rows} rows",
        )
        for one in slices
    ]
