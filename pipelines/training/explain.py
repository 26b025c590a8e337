"""Why a model says what it says: SHAP values of held-out rows, as pictures and as an order of features."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipelines.training.algorithms import Fitted

matplotlib.use("Agg")  # a job has no screen
MOST_ROWS = 1000


def importance(contributions: np.ndarray, features: list[str]) -> pd.Series:
    """Mean absolute SHAP value of each feature, the greatest first."""
    return pd.Series(np.abs(contributions).mean(axis=0), index=features).sort_values(ascending=False)


def explain(fitted: Fitted, rows: pd.DataFrame, features: list[str], seed: int) -> tuple[pd.Series, Figure]:
    """The order of features on a sample of the rows, and shap's summary plot of it."""
    sample = rows.sample(min(MOST_ROWS, len(rows)), random_state=seed)
    contributions = fitted.contributions(sample)
    return importance(contributions, features), summary_figure(contributions, sample[features])


def summary_figure(contributions: np.ndarray, frame: pd.DataFrame) -> Figure:
    """A dot for each row and feature: its SHAP value, coloured by the feature's value."""
    import shap  # takes seconds, which only who draws should wait for
    from matplotlib import pyplot

    # Categories have no order; their numbers give equal values equal colours.
    colours = frame.apply(lambda column: column if column.dtype.kind in "fiu" else pd.factorize(column)[0])
    pyplot.figure()
    shap.summary_plot(contributions, colours.astype("float64"), show=False, plot_size=(9, 6))
    figure: Figure = pyplot.gcf()
    figure.suptitle("SHAP values on held-out rows")
    pyplot.close(figure)
    return figure
