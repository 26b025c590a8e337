"""Schemas of the provider's resources, in the format of `terraform providers schema -json`, one JSON file per kind.

They are derived from the cdktf bindings (`bindings.py`), so that whatever the bindings can write the stand-in accepts.
`python -m rehearsal.provider.schemas` writes them again. They are files because Terraform starts the provider several
times per command, and parsing the bindings takes seconds.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PROVIDER = "provider"
KINDS = (
    "catalog",
    "directory",
    "file",
    "grants",
    "job",
    "mlflow_experiment",
    "model_serving",
    "permissions",
    "registered_model",
    "schema",
    "service_principal",
    "sql_endpoint",
    "sql_table",
    "volume",
)


@cache
def load(kind: str) -> dict[str, Any]:
    """The schema's block of a kind (`catalog`, ..., or `provider`): {"attributes": ..., "block_types": ...}."""
    block: dict[str, Any] = json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return block


def version() -> str:
    """The version of the real provider that the bindings were generated from."""
    return (FOLDER / "VERSION").read_text(encoding="utf-8").strip()
