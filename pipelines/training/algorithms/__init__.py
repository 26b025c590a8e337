"""The algorithms that training knows, by the names of settings. Each has a module that fits and one that scores."""

from __future__ import annotations

from collections.abc import Mapping

from environments.training import Algorithm
from pipelines.training.algorithms import lightgbm_fit, linear_fit
from pipelines.training.algorithms.fitted import Fit, Fitted, Rows

FITS: Mapping[Algorithm, Fit] = {"lightgbm": lightgbm_fit.fit, "linear": linear_fit.fit}

__all__ = ["FITS", "Fit", "Fitted", "Rows"]
