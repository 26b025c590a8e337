"""A copy of the checkout in an empty folder, with what set-up installed linked in: the rehearsal runs there.

The README's own command is what runs, on ports of its own, so a developer's workspace and Terraform state stay as they
are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from databricks.sdk import WorkspaceClient
from pyspark.sql import SparkSession

from rehearsal.maven import IVY_VARIABLE
from rehearsal.play.people import DATA_SCIENTIST, FEED
from rehearsal.play.platform import LocalPlatform
from rehearsal.spark_session import open_session, stop_sessions

ROOT = Path(__file__).resolve().parents[2]
PORT_BASE = 18440
INSTALLED = (".venv", "node_modules")


@dataclass
class Checkout:
    """The copied checkout and the local workspace that its rehearsal left up."""

    root: Path
    output: str
    status: int
    home: str = "workspace"
    """Folder of the local workspace, below .understudy."""

    @property
    def local(self) -> LocalPlatform:
        """The workspace of this checkout."""
        return LocalPlatform(self.root / ".understudy" / self.home, PORT_BASE)

    @property
    def report(self) -> str:
        """The report's HTML."""
        return (self.local.home / "report.html").read_text()

    def admin(self, workspace: str) -> WorkspaceClient:
        """The administrator's client."""
        return self.local.client(workspace)

    def scientist(self, workspace: str) -> WorkspaceClient:
        """The data scientist's client."""
        return self.local.client_with(workspace, self.local.token_of(DATA_SCIENTIST))

    def application_id(self, workspace: str, display_name: str) -> str:
        """Who the service principal of this name is, to tokens and grants."""
        principals = self.admin(workspace).service_principals.list(filter=f'displayName eq "{display_name}"')
        return str(next(iter(principals)).application_id)

    def feed(self, workspace: str) -> WorkspaceClient:
        """The data feed's client."""
        return self.local.client_with(workspace, self.local.token_of(self.application_id(workspace, FEED)))

    def spark(self, principal: str, workspace: str) -> SparkSession:
        """A Spark session of somebody in a workspace."""
        return open_session(self.local.spark_url(workspace, self.local.token_of(principal)))

    def cdktf(self, *arguments: str, status: int = 0) -> str:
        """Run cdktf as the README tells, after `eval "$(make env)"`; what it prints."""
        return self._by_hand("cdktf", *arguments, status=status)

    def plan(self, *named: str, status: int) -> str:
        """What `make plan` shows of environments and stacks, with the status that it hides."""
        return self._by_hand(".venv/bin/python -m infra.plan", *named, status=status)

    def _by_hand(self, *words: str, status: int) -> str:
        done = self._shell(f'eval "$PRINTED" && {" ".join(words)}', PRINTED=self._printed)
        assert done.returncode == status, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    @cached_property
    def _printed(self) -> str:
        """What `make env` prints, which a person evaluates once."""
        done = self._shell(f"make --silent env PORT_BASE={PORT_BASE}")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = plain_environment() | variables
        return subprocess.run(["bash", "-c", script], cwd=self.root, env=environment, capture_output=True, text=True)


def plain_environment() -> dict[str, str]:
    """The environment without what this test run itself was given, but for the jars that it has."""
    ours = ("DATABRICKS_", "MLFLOW_", "TF_", "SPARK_", "PYTEST_", "MAKE", "MFLAGS", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "CI": "1",
        IVY_VARIABLE: str(ROOT / ".understudy" / "ivy"),
    }


def make(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a checkout; its output is in stdout."""
    return subprocess.run(
        ["make", f"PORT_BASE={PORT_BASE}", *arguments],
        cwd=root,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def stop(root: Path) -> None:
    """Stop the checkout's workspaces, and this process's sessions: pyspark asks the oldest about later ones' plans."""
    stop_sessions()
    make(root, "down")


@contextmanager
def rehearsed(root: Path, *arguments: str) -> Iterator[Checkout]:
    """The checkout after `make rehearse KEEP=1`, in a folder that is not there yet; stopped at the end."""
    with _after(root, "rehearse", "workspace", *arguments) as checkout:
        yield checkout


@contextmanager
def lived(root: Path, *arguments: str) -> Iterator[Checkout]:
    """The checkout after `make year KEEP=1`, likewise."""
    with _after(root, "year", "year", *arguments) as checkout:
        yield checkout


@contextmanager
def _after(root: Path, target: str, home: str, *arguments: str) -> Iterator[Checkout]:
    copy_files(root)
    done = make(root, target, "KEEP=1", *arguments)
    try:
        yield Checkout(root, done.stdout, done.returncode, home)
    finally:
        stop(root)


def copy_files(root: Path) -> None:
    # The copy links to what is installed here, so nothing of it may be out of date: the copy would replace it.
    done = make(ROOT, "setup")
    assert done.returncode == 0, done.stdout[-3000:]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    for name in INSTALLED:
        (root / name).symlink_to(ROOT / name)
    (root / ".understudy").mkdir()
    for entry in (ROOT / ".understudy").iterdir():
        if entry.name not in ("workspace", "year"):
            (root / ".understudy" / entry.name).symlink_to(entry)
