"""Pictures of a classifier's quality."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score, roc_curve


def quality_figure(labels: np.ndarray, probabilities: np.ndarray) -> Figure:
    """The ROC curve beside the calibration curve, both on held-out rows."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    roc, calibration = figure.subplots(1, 2)
    false_positive, true_positive, _ = roc_curve(labels, probabilities)
    roc.plot(false_positive, true_positive, label=f"model, area {roc_auc_score(labels, probabilities):.3f}")
    roc.set(title="ROC on held-out rows", xlabel="false positive rate", ylabel="true positive rate")
    observed, predicted = calibration_curve(labels, probabilities, n_bins=10, strategy="quantile")
    calibration.plot(predicted, observed, marker="o", label="model, tenths of the rows")
    calibration.set(title="Calibration", xlabel="predicted probability", ylabel="observed share")
    for axes, name in ((roc, "chance"), (calibration, "perfect")):
        axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label=name)
        axes.legend()
    return figure
