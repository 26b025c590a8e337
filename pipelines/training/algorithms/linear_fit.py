"""Fits a penalized linear model: logistic regression, or ridge regression for amounts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pipelines.training.algorithms.fitted import Hyperparameters, Rows

RARE = 20  # a category of fewer rows shares its weight with the other rare ones
SCORER = Path(__file__).with_name("linear_scorer.py")


@dataclass(frozen=True)
class FittedLine:
    """The weights and what comes before them; see `fitted.Fitted`."""

    pipeline: Pipeline
    features: list[str]
    categorical: list[str]
    means: np.ndarray
    """Of the prepared columns in training."""

    @property
    def scorer(self) -> Path:
        """Its code."""
        return SCORER

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        """What the line says."""
        typed = as_features(frame, self.features, self.categorical)
        if hasattr(self.pipeline, "predict_proba"):
            return np.asarray(self.pipeline.predict_proba(typed)[:, 1])
        return np.asarray(self.pipeline.predict(typed))

    def contributions(self, frame: pd.DataFrame) -> np.ndarray:
        """Weight times distance from the mean, a feature's columns added up (Linear SHAP, Lundberg and Lee 2017)."""
        preparation, line = self.pipeline[0], self.pipeline[-1]
        prepared = preparation.transform(as_features(frame, self.features, self.categorical))
        parts = (prepared - self.means) * np.ravel(line.coef_)
        owners = [_owner(name, self.features) for name in preparation.get_feature_names_out()]
        columns = [[place for place, owner in enumerate(owners) if owner == name] for name in self.features]
        return np.column_stack([parts[:, places].sum(axis=1) for places in columns])

    def facts(self) -> dict[str, float]:
        """How many weights there are."""
        return {"weights": float(np.size(self.pipeline[-1].coef_))}

    def save(self, folder: Path) -> dict[str, str]:
        """By cloudpickle, as MLflow keeps scikit-learn's models."""
        file = folder / "pipeline.pkl"
        file.write_bytes(cloudpickle.dumps(self.pipeline))
        return {"pipeline": str(file)}


def fit(rows: Rows, hyperparameters: Hyperparameters) -> FittedLine:
    """`inverse_penalty`: the greater, the freer the weights. The validation rows are not needed."""
    inverse_penalty = float(hyperparameters.get("inverse_penalty", 1.0))
    numbers = [name for name in rows.features if name not in rows.categorical]
    preparation = ColumnTransformer(
        [
            ("categories", OneHotEncoder(handle_unknown="ignore", min_frequency=RARE, sparse_output=False),
             rows.categorical),
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ]
    )  # fmt: skip
    line: LogisticRegression | Ridge
    if rows.problem == "binary":
        line = LogisticRegression(C=inverse_penalty, max_iter=1000, random_state=rows.seed)
    else:
        line = Ridge(alpha=1 / inverse_penalty, random_state=rows.seed)
    typed = as_features(rows.train, rows.features, rows.categorical)
    prepared = preparation.fit_transform(typed)
    line.fit(prepared, rows.train[rows.label])
    return FittedLine(Pipeline([("prepare", preparation), ("line", line)]), rows.features, rows.categorical,
                      prepared.mean(axis=0))  # fmt: skip


def as_features(frame: pd.DataFrame, features: list[str], categorical: list[str]) -> pd.DataFrame:
    """The model's columns as scikit-learn takes them: what is missing is NaN."""
    typed = frame[features].copy()
    for name in features:
        typed[name] = typed[name].astype("object").fillna("") if name in categorical else typed[name].astype("float64")
    return typed


def _owner(column: str, features: list[str]) -> str:
    """The feature that a prepared column comes from: `numbers__temp`, `categories__carrier_UA`."""
    name = column.partition("__")[2]
    return max((feature for feature in features if name == feature or name.startswith(f"{feature}_")), key=len)
