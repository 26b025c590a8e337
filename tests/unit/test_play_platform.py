"""The local workspace as the play finds it: running, ended, or another process that has its id now."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from threading import Timer

import pytest

from rehearsal.play import deploy
from rehearsal.play.platform import LocalPlatform, PlatformError


@pytest.mark.parametrize(
    "left", ["", "no number", "4194305", str(os.getpid())], ids=["empty", "text", "ended", "other"]
)
def test_what_a_killed_workspace_left_is_no_running_one(tmp_path: Path, left: str) -> None:
    (tmp_path / "workspace.pid").write_text(left)
    platform = LocalPlatform(tmp_path, 0)
    assert platform.pid() is None
    assert platform.stop() is False


def test_a_port_that_somebody_else_has_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PlatformError, match=f"port {port} is taken by another program"):
            LocalPlatform(tmp_path / "home", port).start("metastore")
    assert not (tmp_path / "home").exists()


def test_a_killed_workspace_is_given_time_to_give_its_port_back(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file, where the next step of a start makes a folder")
    with socket.create_server(("127.0.0.1", 0)) as going:
        port = going.getsockname()[1]
        Timer(0.5, going.close).start()
        with pytest.raises(FileExistsError):
            LocalPlatform(tmp_path, port).start("metastore")


def test_terraform_remembers_each_home_by_itself(tmp_path: Path) -> None:
    homes = [tmp_path / "workspace", tmp_path / "delivery" / "workspace"]
    for home in homes:
        home.mkdir(parents=True)
        (home / "azure.json").write_text("{}")
    assert len({deploy.environment(LocalPlatform(home, 0))["TF_DATA_DIR"] for home in homes}) == 2
