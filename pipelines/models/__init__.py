"""What is written for one model: a package here, of the model's name, that offers the functions of `ModelCode`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
from pyspark.sql import DataFrame

from pipelines.errors import PipelineError
from pipelines.validation.checks import Check, Subject


class ModelCode(Protocol):
    """The functions that the generic stages call; all are pure: data frames in, data frames out."""

    RAW_COLUMNS: Mapping[str, tuple[str, ...]]
    """Columns that the landed files of each source table must have."""

    FEATURES: Mapping[str, Callable[[Callable[[str], DataFrame]], DataFrame]]
    """For each feature table, the function that computes it; it is given a reader of source tables."""

    ON_DEMAND: Mapping[str, Callable[..., Any]]
    """For each on-demand feature, its function of single values; see `pipelines.features.functions`."""

    METRICS: Mapping[str, Callable[[np.ndarray, np.ndarray], float]]
    """For each of the model's own metrics, the function of labels and scores that computes it."""

    CHECKS: Sequence[Callable[[Subject], Check]]
    """The model's own checks of a version, beside those of every model."""

    def bronze(self, table: str, raw: DataFrame) -> DataFrame:
        """Columns of the bronze table, from raw columns that are all strings; types are cast later."""

    def observations(self, label_table: DataFrame) -> DataFrame:
        """One row per prediction: the label table plus the request features."""

    def labelled(self, observations: DataFrame) -> DataFrame:
        """The observations whose truth is known, with the label: 0 or 1, or an amount."""

    def predictions(self, scored: DataFrame) -> DataFrame:
        """The scored rows with the columns of the predictions that come of the score (`environments.metrics.SCORE`)."""


def load_code(name: str) -> ModelCode:
    """The package of the model `name`. Raises PipelineError when there is none."""
    module = f"{__name__}.{name}"
    try:
        return cast(ModelCode, importlib.import_module(module))
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise PipelineError(f"model {name}", "no code", f"a package {module}") from error
