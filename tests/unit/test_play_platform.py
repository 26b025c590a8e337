"""The local workspace as the play finds it: running, ended, or another process that has its id now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rehearsal.play.platform import LocalPlatform


@pytest.mark.parametrize(
    "left", ["", "no number", "4194305", str(os.getpid())], ids=["empty", "text", "ended", "other"]
)
def test_what_a_killed_workspace_left_is_no_running_one(tmp_path: Path, left: str) -> None:
    (tmp_path / "workspace.pid").write_text(left)
    platform = LocalPlatform(tmp_path, 0)
    assert platform.pid() is None
    assert platform.stop() is False
