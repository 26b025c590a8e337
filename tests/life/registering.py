"""Registers models with look-ups from a test, which MLflow does on Databricks' compute only."""

from __future__ import annotations

from importlib import import_module

import databricks
import pytest

from rehearsal.play.deploy import ROOT

RUNTIME = ROOT / "rehearsal" / "runtime"


def on_databricks(patch: pytest.MonkeyPatch) -> None:
    """Let this process have the runtime's build of MLflow, which the rehearsal's runtime makes of the stock one."""
    patch.syspath_prepend(str(RUNTIME))
    patch.setattr(databricks, "__path__", [str(RUNTIME / "databricks"), *databricks.__path__])
    import_module("databricks.feature_engineering.registration").install()
