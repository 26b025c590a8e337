"""Metrics that the project computes itself, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.evaluation.metrics import roc_auc


@pytest.mark.parametrize("levels", [2, 7, 10_000])
@pytest.mark.parametrize("rate", [0.002, 0.3])
def test_the_area_under_the_roc_curve_is_that_of_scikit_learn(levels: int, rate: float) -> None:
    """Of models that say few different things, too: rows with the same score are half in order."""
    chance = np.random.default_rng(levels)
    labels = (chance.random(3000) < rate).astype(int)
    scores = np.floor((chance.random(3000) + 0.3 * labels) * levels)
    assert roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_a_model_that_is_upside_down_has_no_area() -> None:
    labels = np.array([0, 0, 1, 1])
    assert roc_auc(labels, labels.astype(float)) == 1.0
    assert roc_auc(labels, 1.0 - labels) == 0.0
    assert roc_auc(labels, np.zeros(4)) == 0.5
