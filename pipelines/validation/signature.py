"""Signature: the version says what it takes and what it gives; the endpoint refuses wrong requests by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import Model as MlflowModel
from mlflow.types import DataType

from environments.metrics import SCORE
from environments.settings import Model
from pipelines.validation.checks import Check, in_words

ROWS = 100


def inputs_check(files: Path, sent: Sequence[str]) -> Check:
    """Are the columns that callers send among the declared inputs, and is no other one asked of them."""
    expected = f"inputs {', '.join(sent)}, and no other that is required"
    schema = MlflowModel.load(str(files)).get_input_schema()
    if schema is None:
        return Check("signature_inputs", False, "no declared inputs", expected)
    missing = [name for name in sent if name not in schema.input_names()]
    asked = [name for name in schema.required_input_names() if name not in sent]
    faults = [f"no {', '.join(missing)}"] if missing else []
    faults += [f"also required {', '.join(asked)}"] if asked else []
    return Check("signature_inputs", not faults, "; ".join(faults) or "just these", expected)


def outputs_check(files: Path, model: Model) -> Check:
    """Is the answer declared as the one column that batch inference and callers read."""
    score = SCORE[model.problem]
    schema = MlflowModel.load(str(files)).get_output_schema()
    columns = dict(zip(schema.input_names(), schema.input_types(), strict=True)) if schema else {}
    found = ", ".join(f"{name} ({kind.name})" for name, kind in columns.items()) or "no declared output"
    return Check("signature_outputs", columns == {score: DataType.double}, found, f"one column {score} (double)")


def types_check(files: Path, sent: Sequence[str], rows: pd.DataFrame) -> Check:
    """Do real rows, as callers send them, have the declared types; MLflow compares them as the endpoint does."""
    expected = "declared types that rows as callers send them have"
    request = rows[list(sent)].dropna().head(ROWS)
    try:
        mlflow.models.validate_schema(request, MlflowModel.load(str(files)).get_input_schema())
    except Exception as error:  # MLflow and pandas tell a wrong type by errors of several kinds
        return Check("signature_types", False, in_words(error), expected)
    return Check("signature_types", True, f"{len(request)} rows that have them", expected)
