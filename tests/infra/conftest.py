"""Fixtures of the infrastructure tests: the synthesized stacks, and settings to change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra.synthesis import ROOT, Stacks, read_stacks, run_infra


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the app wrote."""
    out = tmp_path_factory.mktemp("synth") / "out"
    result = run_infra(out)
    assert result.returncode == 0, result.stderr
    return out


@pytest.fixture(scope="session")
def stacks(synthesized: Path) -> Stacks:
    """The stacks of the project's own settings."""
    return read_stacks(synthesized)


@pytest.fixture(scope="session")
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes copies of the project's settings, to change."""

    def copy() -> Path:
        folder = tmp_path_factory.mktemp("settings") / "environments"
        shutil.copytree(ROOT / "environments", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        return folder

    return copy
