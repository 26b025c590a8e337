"""What a model version must show before it may challenge. Pure functions; each check says found and expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from environments.settings import Model, Validation
from pipelines.evaluation.metrics import SliceQuality


@dataclass(frozen=True)
class Check:
    """One requirement and whether the version meets it."""

    name: str
    passed: bool
    found: str
    expected: str

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "failed"
        return f"{self.name} {verdict}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True)
class Subject:
    """What a check of the model's own gets: the settings, held-out rows with features and label, and their scores."""

    model: Model
    rows: pd.DataFrame
    scores: np.ndarray


def tags_check(tags: Mapping[str, str], rules: Validation) -> Check:
    """Are all required tags there, with a value."""
    missing = [name for name in rules.required_tags if not tags.get(name)]
    found = f"no {', '.join(missing)}" if missing else "all of them"
    return Check("required_tags", not missing, found, f"tags {', '.join(rules.required_tags)}")


def metric_check(metrics: Mapping[str, float], rules: Validation) -> Check:
    """Is the metric on held-out rows high enough."""
    value = metrics[rules.metric]
    return Check("held_out", value >= rules.threshold, f"{rules.metric} {value:.4f}", f"at least {rules.threshold}")


def slice_checks(slices: Sequence[SliceQuality], rules: Validation) -> list[Check]:
    """Is the metric high enough on each slice, so that a good average hides no group served badly."""
    return [
        Check(
            f"slice_{one.column}_{one.value}",
            one.metrics[rules.metric] >= rules.slice_threshold,
            f"{rules.metric} {one.metrics[rules.metric]:.4f} on {one.rows} rows",
            f"at least {rules.slice_threshold}",
        )
        for one in slices
    ]
