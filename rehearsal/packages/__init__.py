"""Distributions that run on Databricks alone, each stood in for by a folder that says which one, and of what version.

No compute has them by itself: a task finds one on its path where its environment asks for it.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

FEATURE_ENGINEERING = Path(__file__).parent / "databricks-feature-engineering"


@cache
def stand_ins() -> dict[str, metadata.Distribution]:
    """By name, as packaging has it."""
    found = metadata.distributions(path=[str(FEATURE_ENGINEERING)])
    return {canonicalize_name(distribution.name): distribution for distribution in found}
