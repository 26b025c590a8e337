"""Streaming inference is killed before and after each step, and within: nothing is lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

from tests.workspace.streaming_support import POINTS, streamed


def test_deaths_lose_and_double_nothing(tmp_path: Path) -> None:
    with streamed(tmp_path / "home") as stage:
        for point in POINTS:
            stage.send(20)
            stage.pass_that_dies(point)
        stage.stream(lambda: "1", tmp_path).take()
        stage.require_all_once()
