"""The REST API: the median time of an answer, reads and durable writes, with one caller and with eight.

Nobody offers a local Databricks to compare with, so the goal is a figure of its own.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import httpx

from bench.comparison import Comparison, Goal
from bench.local_workspace import LocalWorkspace, local_workspace

GOAL_MILLISECONDS = 5.0
REQUESTS = 400
CONNECTIONS = (1, 8)
_WARM_UP = 5

_UC = "/api/2.1/unity-catalog"
_METRIC: dict[str, object] = {"run_id": "{run}", "key": "m", "value": 1.0, "timestamp": 1}
# What a deployment and a pipeline ask most: (name, method, path, body); `{n}` is a number never used before.
REQUEST_KINDS: tuple[tuple[str, str, str, dict[str, object] | None], ...] = (
    ("get a schema", "GET", f"{_UC}/schemas/bench.flights", None),
    ("list 50 volumes", "GET", f"{_UC}/volumes?catalog_name=bench&schema_name=flights", None),
    ("effective permissions", "GET", f"{_UC}/effective-permissions/schema/bench.flights", None),
    ("who am I", "GET", "/api/2.0/preview/scim/v2/Me", None),
    ("get a job", "GET", "/api/2.2/jobs/get?job_id={job}", None),
    ("create a schema", "POST", f"{_UC}/schemas", {"name": "s{n}", "catalog_name": "bench"}),
    ("log a metric", "POST", "/api/2.0/mlflow/runs/log-metric", _METRIC),
)


def compare(progress: Callable[[str], None]) -> list[Comparison]:
    """Median milliseconds of each kind of request."""
    with local_workspace() as workspace:
        known = _fill(workspace)
        found = []
        for connections in CONNECTIONS:
            for name, method, path, body in REQUEST_KINDS:
                progress(f"{name}, {connections} connections")
                median = _median(workspace, connections, method, path, body, known)
                what = f"{name}, {connections} caller{'s' * (connections > 1)}"
                # Callers that share two cores with the server wait for each other: that figure is shown, not promised.
                goal = Goal.value_at_most(GOAL_MILLISECONDS) if connections == 1 else None
                found.append(Comparison(what, "ms p50", median, "", None, goal))
        return found


def _fill(workspace: LocalWorkspace) -> dict[str, str]:
    """Something to ask about; returns the ids that paths and bodies name."""
    client = workspace.client()
    client.catalogs.create("bench")
    client.schemas.create("flights", "bench")
    for number in range(50):
        client.api_client.do(
            "POST",
            f"{_UC}/volumes",
            body={"catalog_name": "bench", "schema_name": "flights", "name": f"v{number}", "volume_type": "MANAGED"},
        )
    job = client.jobs.create(name="bench")
    experiment = client.experiments.create_experiment("/bench")
    run = client.experiments.create_run(experiment_id=experiment.experiment_id).run
    assert run is not None and run.info is not None
    return {"job": str(job.job_id), "run": str(run.info.run_id)}


def _median(
    workspace: LocalWorkspace,
    connections: int,
    method: str,
    path: str,
    body: dict[str, object] | None,
    known: dict[str, str],
) -> float:
    """Milliseconds, over all callers together, after a few requests that do not count."""
    numbers = iter(range(time.monotonic_ns(), 2**63))  # a generator shared by threads would need a lock, this does not

    def ask(_: int) -> list[float]:
        headers = {"authorization": f"Bearer {workspace.token}"}
        taken = []
        with httpx.Client(base_url=workspace.host, headers=headers, trust_env=False) as client:
            for position in range(REQUESTS // connections + _WARM_UP):
                names = {**known, "n": str(next(numbers))}
                named = {key: _filled(value, names) for key, value in body.items()} if body else None
                start = time.perf_counter()
                answer = client.request(method, path.format_map(names), json=named)
                seconds = time.perf_counter() - start
                answer.raise_for_status()
                if position >= _WARM_UP:
                    taken.append(seconds)
        return taken

    with ThreadPoolExecutor(connections) as callers:
        return statistics.median(chain.from_iterable(callers.map(ask, range(connections)))) * 1000


def _filled(value: object, names: dict[str, str]) -> object:
    return value.format_map(names) if isinstance(value, str) else value
