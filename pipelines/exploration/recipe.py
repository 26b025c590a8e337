"""How rows become numbers, and a fitted estimator becomes scores.

The source of these functions is part of every trial's script: what a trial was and what its script does are the same.
They therefore use nothing but pandas, numpy and scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def split_by_time(
    rows: pd.DataFrame, time: str, keys: list[str], validation_start: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows before the time, and those from it on; in an order of their own, as a table has none."""
    ordered = rows.sort_values([time, *keys], ignore_index=True)
    return ordered[ordered[time] < validation_start], ordered[ordered[time] >= validation_start]


def prepare(
    train: pd.DataFrame, validation: pd.DataFrame, numbers: list[str], categories: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Both as matrices, by what the training rows say.

    Numbers are scaled, the median where one is missing; each category has a column, rare and unknown ones share one.
    """
    types: dict[str, Any] = {**dict.fromkeys(numbers, "float64"), **dict.fromkeys(categories, "str")}
    preparation = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()), numbers),
        (OneHotEncoder(max_categories=20, handle_unknown="infrequent_if_exist", sparse_output=False), categories),
    )
    return preparation.fit_transform(train.astype(types)), preparation.transform(validation.astype(types))


def scores_of(model: Any, matrix: np.ndarray) -> np.ndarray:
    """Probabilities of the label 1, or amounts."""
    answers = model.predict_proba(matrix)[:, 1] if hasattr(model, "predict_proba") else model.predict(matrix)
    return np.asarray(answers)
