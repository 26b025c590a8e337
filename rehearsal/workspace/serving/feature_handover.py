"""Between the workspace and a model server: under which name look-ups are handed over, and where a model keeps its."""

from __future__ import annotations

from pathlib import Path

VARIABLE = "FEATURE_LOOKUPS"
DATA, SPEC = Path("data") / "feature_store", "feature_spec.yaml"
