"""JSON texts that the model server answers with: predictions, and errors in Databricks' shape."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import orjson
import pandas as pd

_NATIVE = "bifU"  # kinds of numpy types whose values become JSON's own by `tolist`


def error_body(code: str, message: str) -> bytes:
    """Databricks' error shape."""
    return json.dumps({"error_code": code, "message": message}).encode()


def predictions_body(predictions: Any) -> bytes | None:
    """The answer to a request, for plain arrays and data frames; None for what only MLflow's own encoder knows.

    A number that is none (NaN, infinity) is `null`: JSON has no word for it.
    """
    plain = _plain(predictions)
    if plain is None:
        return None
    try:
        return orjson.dumps({"predictions": plain})
    except TypeError:
        return None


def strict_json(text: str) -> bytes:
    """The same JSON with null for NaN and infinities: MLflow writes these as words that no JSON parser must accept."""
    if "NaN" not in text and "Infinity" not in text:
        return text.encode()
    return json.dumps(_finite(json.loads(text))).encode()


def _plain(predictions: Any) -> list[Any] | None:
    if isinstance(predictions, np.ndarray):
        return predictions.tolist() if predictions.ndim and predictions.dtype.kind in _NATIVE else None
    if isinstance(predictions, pd.DataFrame) and predictions.columns.is_unique:
        names = list(predictions.columns)
        columns = [_plain(predictions[name].to_numpy()) for name in names]
        if not all(isinstance(name, str) for name in names) or any(column is None for column in columns):
            return None
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return None


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value
