"""Models for the serving bench, with requests: the project's own scorer over LightGBM, and a scikit-learn pipeline.

LightGBM is there twice: as any model is served, and with the word that its rows are independent, by which the endpoint
may predict requests that wait at the same time in one call.
"""

from __future__ import annotations

import json
from pathlib import Path

import lightgbm
import mlflow.sklearn
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rehearsal.workspace.serving.scoring import ROWS_INDEPENDENT

ROOT = Path(__file__).parents[1]
NUMBERS = [f"number_{place}" for place in range(14)]
CATEGORIES = ["carrier", "origin", "destination"]
_ROWS, _TREES = 4000, 100


def save(folder: Path) -> dict[str, Path]:
    """The models below a folder, by name."""
    frame, label = _flights()
    features = [*NUMBERS, *CATEGORIES]
    data = lightgbm.Dataset(frame.astype(dict.fromkeys(CATEGORIES, "category")), label)
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, num_boost_round=_TREES)
    file = folder / "booster.txt"
    file.write_text(booster.model_to_string(), encoding="utf-8")
    saved = {}
    for name, metadata in (("lightgbm", None), ("lightgbm-together", {ROWS_INDEPENDENT: True})):
        saved[name] = folder / name
        mlflow.pyfunc.save_model(
            saved[name],
            python_model=str(ROOT / "pipelines/training/algorithms/lightgbm_scorer.py"),
            artifacts={"booster": str(file)},
            model_config={"features": features, "categorical": CATEGORIES, "output": "probability"},
            signature=infer_signature(frame, pd.DataFrame({"probability": [0.5]})),
            metadata=metadata,
            pip_requirements=["lightgbm"],
        )
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame[NUMBERS], label)
    signature = infer_signature(frame[NUMBERS], pipeline.predict(frame[NUMBERS]))
    mlflow.sklearn.save_model(
        pipeline,
        folder / "scikit-learn",
        signature=signature,
        pip_requirements=["scikit-learn"],
        serialization_format="cloudpickle",
    )
    return {**saved, "scikit-learn": folder / "scikit-learn"}


def body(model: str, rows: int) -> bytes:
    """A request for so many rows."""
    frame, _ = _flights()
    wanted = frame[NUMBERS] if model == "scikit-learn" else frame
    return json.dumps({"dataframe_records": wanted.head(rows).to_dict("records")}).encode()


def _flights() -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(random.normal(size=(_ROWS, len(NUMBERS))), columns=NUMBERS)
    for name in CATEGORIES:
        frame[name] = random.choice(list("ABCDEFGHIJKL"), _ROWS)
    noise = random.normal(size=_ROWS)
    return frame, (frame["number_0"] * frame["number_1"] + frame["number_2"] + noise > 0).to_numpy().astype(int)
