"""Probabilities of a loaded model version."""

from __future__ import annotations

import numpy as np
import pandas as pd
from mlflow.pyfunc import PyFuncModel


def probabilities(model: PyFuncModel, rows: pd.DataFrame) -> np.ndarray:
    """The model's probability for each row, from the columns of its signature."""
    columns = model.metadata.get_input_schema().input_names()
    scores: np.ndarray = model.predict(rows[[name for name in columns if name in rows]])["probability"].to_numpy()
    return scores
