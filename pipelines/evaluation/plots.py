"""Pictures of a model's quality."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from environments.metrics import Problem
from pipelines.evaluation.metrics import roc_auc

DOTS = 5000


def quality_figure(problem: Problem, labels: np.ndarray, scores: np.ndarray) -> Figure:
    """Two pictures side by side, both of held-out rows."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    if problem == "binary":
        _classification(figure, labels, scores)
    else:
        _regression(figure, labels, scores)
    return figure


def _classification(figure: Figure, labels: np.ndarray, scores: np.ndarray) -> None:
    """The ROC curve and the calibration curve."""
    roc, calibration = figure.subplots(1, 2)
    false_positive, true_positive, _ = roc_curve(labels, scores)
    roc.plot(false_positive, true_positive, label=f"model, area {roc_auc(labels, scores):.3f}")
    roc.set(title="ROC on held-out rows", xlabel="false positive rate", ylabel="true positive rate")
    observed, predicted = calibration_curve(labels, scores, n_bins=10, strategy="quantile")
    calibration.plot(predicted, observed, marker="o", label="model, tenths of the rows")
    calibration.set(title="Calibration", xlabel="predicted probability", ylabel="observed share")
    for axes, name in ((roc, "chance"), (calibration, "perfect")):
        axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label=name)
        axes.legend()


def _regression(figure: Figure, labels: np.ndarray, scores: np.ndarray) -> None:
    """What was predicted against what came, and how the errors are spread."""
    against, errors = figure.subplots(1, 2)
    against.plot(scores[:DOTS], labels[:DOTS], linestyle="", marker=".", alpha=0.4, label="held-out rows")
    ends = [min(labels.min(), scores.min()), max(labels.max(), scores.max())]
    against.plot(ends, ends, linestyle="--", color="grey", label="perfect")
    against.set(title="Predicted and true", xlabel="predicted", ylabel="true")
    against.legend()
    errors.hist(scores - labels, bins=50)
    errors.set(title="Errors", xlabel="predicted less true", ylabel="rows")
