"""Fitting the booster to data frames in memory. A pure function of data and settings."""

from __future__ import annotations

import lightgbm
import pandas as pd

from environments.settings import Model
from pipelines.features.lookups import feature_columns

PATIENCE = 20


def as_features(frame: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The model's columns with the types that LightGBM takes: categories and floats."""
    types = {name: "category" if name in model.categorical else "float64" for name in feature_columns(model)}
    return frame[list(types)].astype(types)


def fit(train: pd.DataFrame, validation: pd.DataFrame, model: Model, rounds: int) -> lightgbm.Booster:
    """A booster of at most `rounds` trees, cut where the validation rows gain no more."""
    parameters = {
        **model.training.hyperparameters,
        "objective": "binary",
        "metric": "binary_logloss",
        "seed": model.training.seed,
        "deterministic": True,
        "force_row_wise": True,  # without it LightGBM times both layouts first, and the choice varies
        "verbosity": -1,
    }
    data = lightgbm.Dataset(as_features(train, model), train[model.label])
    held = lightgbm.Dataset(as_features(validation, model), validation[model.label], reference=data)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    return lightgbm.train(parameters, data, num_boost_round=rounds, valid_sets=[held], callbacks=[stop])
