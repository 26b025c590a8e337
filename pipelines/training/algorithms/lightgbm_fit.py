"""Fits LightGBM's boosted trees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from pipelines.training.algorithms.fitted import Hyperparameters, Rows

PATIENCE = 20
DEFAULT_ROUNDS = 100
OBJECTIVES = {"binary": ("binary", "binary_logloss"), "regression": ("regression", "l2")}
SCORER = Path(__file__).with_name("lightgbm_scorer.py")


@dataclass(frozen=True)
class FittedTrees:
    """The trees; see `fitted.Fitted`."""

    booster: lightgbm.Booster
    features: list[str]
    categorical: list[str]

    @property
    def scorer(self) -> Path:
        """Its code."""
        return SCORER

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        """What the trees say."""
        return np.asarray(self.booster.predict(as_features(frame, self.features, self.categorical)))

    def contributions(self, frame: pd.DataFrame) -> np.ndarray:
        """By TreeSHAP, exactly (Lundberg et al. 2020, Nature Machine Intelligence 2); the last column is the mean."""
        typed = as_features(frame, self.features, self.categorical)
        return np.asarray(self.booster.predict(typed, pred_contrib=True))[:, :-1]

    def facts(self) -> dict[str, float]:
        """How many trees were kept."""
        return {"rounds_used": float(self.booster.best_iteration or self.booster.current_iteration())}

    def save(self, folder: Path) -> dict[str, str]:
        """LightGBM's own text format."""
        file = folder / "booster.txt"
        file.write_text(self.booster.model_to_string(), encoding="utf-8")
        return {"booster": str(file)}


def fit(rows: Rows, hyperparameters: Hyperparameters) -> FittedTrees:
    """At most `rounds` trees, cut where the validation rows gain no more; other names are LightGBM's parameters."""
    chosen = dict(hyperparameters)
    rounds = int(chosen.pop("rounds", DEFAULT_ROUNDS))
    objective, metric = OBJECTIVES[rows.problem]
    parameters = {
        "objective": objective,
        "metric": metric,
        **chosen,
        "seed": rows.seed,
        "deterministic": True,
        "force_row_wise": True,  # without it LightGBM times both layouts first, and the choice varies
        "verbosity": -1,
    }
    data = lightgbm.Dataset(as_features(rows.train, rows.features, rows.categorical), rows.train[rows.label])
    held = lightgbm.Dataset(
        as_features(rows.validation, rows.features, rows.categorical), rows.validation[rows.label], reference=data
    )
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    booster = lightgbm.train(parameters, data, num_boost_round=rounds, valid_sets=[held], callbacks=[stop])
    return FittedTrees(booster, rows.features, rows.categorical)


def as_features(frame: pd.DataFrame, features: list[str], categorical: list[str]) -> pd.DataFrame:
    """The model's columns with the types that LightGBM takes: categories and floats."""
    types = {name: "category" if name in categorical else "float64" for name in features}
    return frame[features].astype(types)
