"""The trees as MLflow serves them. MLflow stores this very file with the booster, so a model version needs no wheel.

It therefore imports only what the version's own requirements name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import numpy as np
import pandas as pd


class Scorer(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """The score, from a data frame of features; strings are categories, what is missing is unknown."""

    def load_context(self, context: Any) -> None:
        """Read the booster from the version's files."""
        self.booster = lightgbm.Booster(model_str=Path(context.artifacts["booster"]).read_text(encoding="utf-8"))
        self.features = list(context.model_config["features"])
        self.output = str(context.model_config["output"])
        categorical = set(context.model_config["categorical"])
        # The categories that the booster was trained on, in the order of its categorical columns, by their number.
        known = iter(self.booster.pandas_categorical or [])
        self.categories = {
            name: {category: float(number) for number, category in enumerate(next(known))}
            for name in self.features
            if name in categorical
        }
        self.numbers = pd.Index([name for name in self.features if name not in categorical])
        self.place = {name: place for place, name in enumerate(self.features)}
        self.places = [self.place[name] for name in self.numbers]

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row per row of input, in its order.

        The booster gets the matrix that LightGBM would make of the data frame, which takes it ten times as long: a
        category is its number among those of the training, others count as missing.
        """
        matrix = np.full((len(model_input), len(self.features)), np.nan)
        matrix[:, self.places] = model_input.reindex(columns=self.numbers).to_numpy(dtype="float64")
        for name, numbers in self.categories.items():
            if name in model_input:
                matrix[:, self.place[name]] = [numbers.get(value, np.nan) for value in model_input[name].to_numpy()]
        # One thread: Spark's workers and the endpoint's requests share the cores already, and for one row the others
        # take longer to be woken than to answer.
        return pd.DataFrame({self.output: self.booster.predict(matrix, num_threads=1)}, index=model_input.index)


mlflow.models.set_model(Scorer())
