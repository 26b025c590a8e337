"""A local workspace of a bench's own: started in a scratch folder, on free ports, and gone afterwards."""

from __future__ import annotations

import configparser
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

from bench.measure import BenchError
from rehearsal.workspace.context import Ports

ROOT = Path(__file__).parents[1]
_START_SECONDS = 120


@dataclass(frozen=True)
class LocalWorkspace:
    """The running workspace `dev` and its administrator's token."""

    home: Path
    port_base: int
    token: str

    @property
    def host(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port_base + 1}"

    @property
    def spark_remote(self) -> str:
        """Address of its Spark Connect gateway."""
        return f"sc://localhost:{self.port_base + 12}/;token={self.token}"

    def client(self) -> WorkspaceClient:
        """The administrator's client."""
        return WorkspaceClient(config=Config(host=self.host, token=self.token, auth_type="pat"))


@contextmanager
def local_workspace(compute: bool = False) -> Iterator[LocalWorkspace]:
    """Start one, with Spark where `compute` says so. Raises BenchError when it does not start."""
    with TemporaryDirectory(prefix="bench-") as scratch:
        home, base = Path(scratch), _free_port_base()
        command = [sys.executable, "-m", "rehearsal.workspace", "serve", "--home", scratch, "--port-base", str(base)]
        with (home / "server.log").open("ab") as log:
            process = subprocess.Popen(
                command if compute else [*command, "--without", "compute"], cwd=ROOT, stdout=log, stderr=log
            )
        try:
            _wait(process, home, base)
            profiles = configparser.ConfigParser()
            profiles.read(home / "databrickscfg")
            yield LocalWorkspace(home, base, profiles["dev"]["token"])
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], home: Path, base: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{base + 3}/.well-known/databricks-config").is_success:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchError("the workspace did not start:\n" + (home / "server.log").read_text()[-4000:])
        time.sleep(0.05)


def _free_port_base() -> int:
    """The first of as many consecutive free ports as the workspace takes."""
    for base in range(21_000, 60_000, Ports.COUNT):
        try:
            for port in range(base, base + Ports.COUNT):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise BenchError(f"no {Ports.COUNT} consecutive free ports between 21000 and 60000")
