"""Checkov, really run, on the synthesized stacks and on a fixture that breaks our own policy."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from environments.settings import ENVIRONMENTS
from tests.infra.synthesis import ROOT

CHECKOV = ROOT / ".understudy" / "policy" / "bin" / "checkov"


def checkov(folder: Path) -> dict[str, Any]:
    assert CHECKOV.exists(), "checkov is not installed: run the tests by `make test`, which installs it"
    result = subprocess.run(
        [CHECKOV, "--config-file", "infra/policies/checkov.yaml", "-d", folder, "-o", "json"],
        cwd=ROOT,
        env={**os.environ, "BC_SKIP_MAPPING": "TRUE"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    report: dict[str, Any] = json.loads(result.stdout)
    assert result.returncode == (1 if report["summary"]["failed"] else 0), result.stderr
    return report


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_stack_passes(name: str, synthesized: Path) -> None:
    report = checkov(synthesized / "stacks" / name)
    assert report["results"]["failed_checks"] == []
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 0


def test_a_group_that_writes_in_prod_fails_and_feeds_that_land_files_do_not() -> None:
    report = checkov(ROOT / "tests" / "infra" / "fixtures" / "people_write_in_prod")
    assert [failed["check_id"] for failed in report["results"]["failed_checks"]] == ["CKV_UNDERSTUDY_1"]
    assert report["summary"]["passed"] == 1
