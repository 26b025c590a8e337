"""Registers models with look-ups from a test, which MLflow does on Databricks' compute only."""

from __future__ import annotations

from importlib import import_module

import databricks
import pytest

from rehearsal.packages import FEATURE_ENGINEERING


def on_databricks(patch: pytest.MonkeyPatch) -> None:
    """Let this process have Databricks' build of MLflow, which the stand-in package makes of the stock one."""
    patch.syspath_prepend(str(FEATURE_ENGINEERING))
    patch.setattr(databricks, "__path__", [str(FEATURE_ENGINEERING / "databricks"), *databricks.__path__])
    import_module("databricks.feature_engineering.registration").install()
