"""The play's command line, where a rehearsal ends before anything is up."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rehearsal.play import world
from rehearsal.play.__main__ import cli
from rehearsal.play.progress import Progress


def test_what_is_not_up_is_not_told_how_to_reach(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(world.FEEDS, "bike_demand")
    monkeypatch.setattr(Progress, "seconds", 0.0)  # however busy the machine is
    words = ["--keep", "--home", str(tmp_path), "--model", "bike_demand"]
    done = CliRunner().invoke(cli, ["rehearse", *words])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1
    assert "no data for model bike_demand" in done.output and "FAILED in 0 s" in done.output
    assert "local workspace is up" not in done.output
