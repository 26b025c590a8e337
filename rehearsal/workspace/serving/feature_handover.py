"""Between the workspace and a model server: under which name look-ups are handed over, and how a model is loaded."""

from __future__ import annotations

import json
import os
from pathlib import Path

import mlflow.pyfunc
from mlflow.pyfunc import PyFuncModel

VARIABLE = "FEATURE_LOOKUPS"
DATA, SPEC = Path("data") / "feature_store", "feature_spec.yaml"


def load(folder: Path) -> PyFuncModel:
    """The model of a folder; one whose look-ups were handed over comes with them."""
    handed = os.environ.pop(VARIABLE, None)
    if handed is None:
        return mlflow.pyfunc.load_model(str(folder))
    from rehearsal.workspace.serving import feature_model  # imports a database client that few models have a use for

    return feature_model.load(folder, json.loads(handed))
