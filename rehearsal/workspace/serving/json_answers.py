"""JSON texts that the model server answers with."""

from __future__ import annotations

import json
import math
from typing import Any


def error_body(code: str, message: str) -> str:
    """Databricks' error shape."""
    return json.dumps({"error_code": code, "message": message})


def strict_json(text: str) -> str:
    """The same JSON with null for NaN and infinities: MLflow writes these as words that no JSON parser must accept."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    return json.dumps(_finite(json.loads(text)))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value
