"""The linear model as MLflow serves it. MLflow stores this very file with the model, so a version needs no wheel.

It therefore imports only what the version's own requirements name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cloudpickle
import mlflow
import numpy as np
import pandas as pd


class Scorer(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """The score, from a data frame of features; what is missing is unknown."""

    def load_context(self, context: Any) -> None:
        """Read the pipeline from the version's files."""
        self.pipeline = cloudpickle.loads(Path(context.artifacts["pipeline"]).read_bytes())
        self.features = list(context.model_config["features"])
        self.categorical = set(context.model_config["categorical"])
        self.output = str(context.model_config["output"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row per row of input, in its order."""
        frame = model_input.reindex(columns=self.features)
        for name in self.features:
            if name in self.categorical:
                frame[name] = frame[name].astype("object").fillna("")
            else:
                frame[name] = frame[name].astype("float64")
        probable = hasattr(self.pipeline, "predict_proba")
        said = self.pipeline.predict_proba(frame)[:, 1] if probable else self.pipeline.predict(frame)
        return pd.DataFrame({self.output: np.asarray(said)}, index=model_input.index)


mlflow.models.set_model(Scorer())
