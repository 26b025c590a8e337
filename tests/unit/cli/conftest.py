"""A checkout to write into, and data to begin a model with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from cli import ROOT, doctor, report, targets
from cli.new_model import command


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "environments", root / "environments", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "setup", root / "setup")
    shutil.copytree(ROOT / "pipelines" / "models", root / "pipelines" / "models")
    for module in (doctor, report, targets, command):
        monkeypatch.setattr(module, "ROOT", root)
    return root


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    """Visits of a shop over 200 days, five a day, and whether somebody bought something."""
    days = pd.date_range("2024-01-01", periods=200).repeat(5)
    rows = pd.DataFrame({"visit": range(1000), "at": days.strftime("%Y-%m-%dT12:00:00Z"), "shop": ["a", "b"] * 500})
    rows["weekday"], rows["bought"] = days.dayofweek, (days.dayofweek > 4).astype(int)
    rows["spent"] = rows["visit"] % 37 + 0.5
    file = tmp_path / "visits.csv"
    rows.to_csv(file, index=False)
    return file
