"""A workspace that dies between Spark's write of a table and the catalog's: the name stays free, nothing is left."""

from __future__ import annotations

import configparser
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from rehearsal.spark_session import open_session
from rehearsal.workspace.context import Ports
from tests.ports import free_port_base
from tests.workspace.conftest import ROOT

TRIALS = 2
START_SECONDS = 240
CLIENT = "import sys; from rehearsal.spark_session import open_session; open_session(sys.argv[1]).sql(sys.argv[2])"


class Workspace:
    """One home, started again after each death, Spark included."""

    def __init__(self, home: Path) -> None:
        self.home, self.ports = home, Ports(free_port_base())
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers; Spark does before."""
        command = [sys.executable, "-m", "rehearsal.workspace", "serve", "--home", str(self.home)]
        command += ["--port-base", str(self.ports.base)]
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < deadline, "the workspace did not start"
            time.sleep(0.2)

    def post(self, path: str, body: dict[str, str]) -> None:
        """A request of the administrator that must succeed."""
        headers = {"Authorization": f"Bearer {self._token()}"}
        httpx.post(self._url(path), json=body, headers=headers, timeout=30).raise_for_status()

    def remote(self) -> str:
        """Where a Spark session of the administrator is opened."""
        return f"sc://localhost:{self.ports.gateway('dev')}/;token={self._token()}"

    def folders(self) -> set[Path]:
        """Folders of tables."""
        return {path.parent for path in (self.home / "storage").rglob("_delta_log")}

    def _answers(self) -> bool:
        try:
            return httpx.get(self._url("/.well-known/databricks-config"), timeout=5).is_success
        except httpx.TransportError:
            return False

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.ports.http('dev')}{path}"

    def _token(self) -> str:
        profiles = configparser.ConfigParser()
        profiles.read(self.home / "databrickscfg")
        return profiles["dev"]["token"]


@contextmanager
def asking(remote: str, statement: str) -> Iterator[None]:
    """A client that says the statement. pyspark asks a dead server for minutes: it has a process, which is ended."""
    client = subprocess.Popen([sys.executable, "-c", CLIENT, remote, statement], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        client.kill()
        client.wait()


def test_a_table_that_nobody_registered_leaves_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.start()
    try:
        workspace.post("/api/2.1/unity-catalog/catalogs", {"name": "trial"})
        for trial in range(TRIALS):
            before = workspace.folders()
            workspace.post("/api/2.0/understudy/faults", {"name": "kill", "point": "gateway.written"})
            assert workspace.process is not None
            with asking(workspace.remote(), f"create table trial.default.t{trial} as select 1 a"):
                workspace.process.wait(timeout=120)
            assert len(workspace.folders()) == len(before) + 1, "Spark had written it"
            workspace.start()
            assert workspace.folders() == before
            spark = open_session(workspace.remote())
            assert not spark.catalog.tableExists(f"trial.default.t{trial}")
            spark.sql(f"create table trial.default.t{trial} as select 2 a")
            assert spark.table(f"trial.default.t{trial}").collect() == [(2,)]
            spark.stop()
    finally:
        if workspace.process is not None:
            workspace.process.terminate()
            workspace.process.wait(timeout=60)
