"""An endpoint against `mlflow models serve`, which is what one would run without a workspace.

Requests per second and the median answer for 1 and 100 rows over 1, 8 and 32 connections, and the time from the wish
for an endpoint to its first answer. MLflow's server runs as it comes (one worker) and with a worker for each processor;
ours is compared with the better one, figure by figure. The endpoint checks token and permission of each request.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from databricks.sdk.service.catalog import ModelVersionInfoStatus
from databricks.sdk.service.serving import EndpointCoreConfigInput, ServedEntityInput

from bench import serving_models
from bench.comparison import Comparison, Goal
from bench.local_workspace import LocalWorkspace, local_workspace
from bench.measure import BenchError
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.store import Store, state_file
from rehearsal.workspace.unity_catalog import models

CONNECTIONS = (1, 8, 32)
ROWS = (1, 100)
SECONDS = 3.0
RATE_GOAL = Goal.ratio_at_least(4)
ANSWER_GOAL = Goal.value_at_most(2.0)
START_GOAL = Goal.value_at_most(3.0)
_START_SECONDS = 120
_INSTEAD = "mlflow models serve"


@dataclass(frozen=True)
class _Server:
    """Something that answers: port, path, and headers of a request."""

    port: int
    path: str
    headers: dict[str, str]
    started: float
    """Seconds from the wish to the first answer."""


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Each model; the servers of one model are up at the same time and asked in turn."""
    found: list[Comparison] = []
    with TemporaryDirectory(prefix="bench-") as scratch, local_workspace() as workspace:
        saved = serving_models.save(Path(scratch))
        _prepare(workspace)
        for name, folder in saved.items():
            progress(f"{name}: starting")
            with ExitStack() as stack:
                ours = stack.enter_context(_endpoint(workspace, name, folder))
                theirs = [stack.enter_context(_mlflow(folder, name, count)) for count in {1, os.cpu_count() or 1}]
                best = min(server.started for server in theirs)
                found.append(Comparison(f"{name}: first answer", "s", ours.started, _INSTEAD, best, START_GOAL, True))
                for rows in ROWS:
                    for connections in CONNECTIONS:
                        progress(f"{name}: {rows} rows, {connections} connections")
                        found += _compared(ours, theirs, name, rows, connections, Path(scratch))
    return found


def _compared(
    ours: _Server, theirs: list[_Server], name: str, rows: int, connections: int, scratch: Path
) -> list[Comparison]:
    mine = _load(ours, name, rows, connections, scratch)
    others = [_load(server, name, rows, connections, scratch) for server in theirs]
    what = f"{name}: {rows} row{'s' * (rows > 1)}, {connections} connection{'s' * (connections > 1)}"
    rate = max(other["per_second"] for other in others)
    answer = min(other["p50_ms"] for other in others)
    goal = ANSWER_GOAL if rows == connections == 1 else None
    return [
        Comparison(what, "requests/s", mine["per_second"], _INSTEAD, rate, RATE_GOAL),
        Comparison(what, "ms p50", mine["p50_ms"], _INSTEAD, answer, goal, True),
    ]


def _load(server: _Server, name: str, rows: int, connections: int, scratch: Path) -> dict[str, float]:
    """What http_load found. Raises BenchError when an answer was not 200."""
    body = serving_models.body(name, rows)
    headers = {"host": "127.0.0.1", **server.headers, "content-length": str(len(body))}
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    file = scratch / "request"
    file.write_bytes(f"POST {server.path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    command = [sys.executable, "-m", "bench.http_load", str(server.port), str(connections), str(SECONDS), str(file)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if found["failures"]:
        raise BenchError(f"{name}, {rows} rows, {connections} connections: {found['failures']:.0f} answers were no 200")
    return found


def _prepare(workspace: LocalWorkspace) -> None:
    client = workspace.client()
    client.catalogs.create("bench")
    client.schemas.create("flights", "bench")
    # A first one, so that what is imported at the first use of a workspace is.
    client.registered_models.create(catalog_name="bench", schema_name="flights", name="warm")


@contextmanager
def _endpoint(workspace: LocalWorkspace, name: str, folder: Path) -> Iterator[_Server]:
    """An endpoint of size Medium: as many processes as processors, as the other has at its best."""
    client, model = workspace.client(), name.replace("-", "_")
    client.registered_models.create(catalog_name="bench", schema_name="flights", name=model)
    version = _version(workspace, f"bench.flights.{model}", folder)
    entity = ServedEntityInput(
        entity_name=f"bench.flights.{model}",
        entity_version=version,
        workload_size="Medium",
        scale_to_zero_enabled=False,
    )
    started = time.monotonic()
    client.serving_endpoints.create(model, config=EndpointCoreConfigInput(name=model, served_entities=[entity]))
    headers = {"authorization": f"Bearer {workspace.token}", "content-type": "application/json"}
    path = f"/serving-endpoints/{model}/invocations"
    seconds = _first_answer(workspace.port_base + 1, path, headers, name, started)
    yield _Server(workspace.port_base + 1, path, headers, seconds)
    client.serving_endpoints.delete(model)


def _version(workspace: LocalWorkspace, model: str, folder: Path) -> str:
    """Register the files as a model version; no bench of uploads."""
    platform = Platform(workspace.home, Store(state_file(workspace.home)), Ports(workspace.port_base))
    with platform.store.transaction() as tx:
        admin = principals.load(tx, bootstrap.ADMIN)
        version = int(models.create_version(tx, admin, model, None).version or 0)
        shutil.copytree(folder, models.version_path(platform, model, version))
        models.update_version(tx, admin, model, version, status=ModelVersionInfoStatus.READY)
    return str(version)


@contextmanager
def _mlflow(folder: Path, name: str, workers: int) -> Iterator[_Server]:
    """MLflow's own scoring server in this very environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(folder), "--port", str(port)]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--workers", str(workers)]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        headers = {"content-type": "application/json"}
        seconds = _first_answer(port, "/invocations", headers, name, started)
        yield _Server(port, "/invocations", headers, seconds)
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def _first_answer(port: int, path: str, headers: dict[str, str], name: str, started: float) -> float:
    """Ask until there is an answer; seconds since `started`. Raises BenchError when none comes."""
    body = serving_models.body(name, 1)
    while time.monotonic() - started < _START_SECONDS:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_SECONDS)
        try:
            connection.request("POST", path, body, headers)
            if connection.getresponse().status == 200:
                return time.monotonic() - started
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.02)
    raise BenchError(f"{name}: no answer at {path} within {_START_SECONDS} seconds")
