"""The model as MLflow serves it. MLflow stores this very file beside the booster, so a model version needs no wheel.

It therefore imports only what the version's own requirements name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import pandas as pd


class Scorer(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Probability of the label, from a data frame of features; strings are categories, what is missing is unknown."""

    def load_context(self, context: Any) -> None:
        """Read the booster from the version's files."""
        self.booster = lightgbm.Booster(model_str=Path(context.artifacts["booster"]).read_text(encoding="utf-8"))
        self.features = list(context.model_config["features"])
        self.categorical = set(context.model_config["categorical"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row per row of input, in its order."""
        frame = model_input.reindex(columns=self.features)
        for name in self.features:  # the booster knows the categories that it was trained on; others count as missing
            frame[name] = frame[name].astype("category" if name in self.categorical else "float64")
        return pd.DataFrame({"probability": self.booster.predict(frame)}, index=model_input.index)


mlflow.models.set_model(Scorer())
