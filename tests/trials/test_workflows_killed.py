"""Runs of whole workflows, and their repairs, while the workspace is killed (kill -9) at random moments.

A run that was acknowledged ends, and as if nothing had happened: if/else, for-each and run-job tasks go on where they
were, no iteration is left out or counted twice, each run-job task has one child for each of its attempts.
"""

from __future__ import annotations

import configparser
import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_port_base
from tests.trials.story import Api
from tests.trials.warm_workspace import WarmWorkspaces

TRIALS = int(os.environ.get("WORKFLOW_TRIALS", "40"))
SEED = int(os.environ.get("SEED", "6"))
RUNS = 4
LOAD_SECONDS = (0.0, 0.6)
INPUTS = ["1", "2", "x", "4", "5"]  # `x` is no number: its iteration fails, and so does a repair of it
JOBS = "/api/2.2/jobs"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmWorkspaces]:
    workspaces = WarmWorkspaces()
    yield workspaces
    workspaces.close()


class Workspace:
    """One home, started and killed again and again."""

    def __init__(self, warm: WarmWorkspaces, home: Path) -> None:
        self._warm, self._home, self._base = warm, home, free_port_base()
        self._pid = 0

    def start(self) -> Api:
        """Start it; a client once it answers."""
        self._pid = self._warm.start(self._home, self._base)
        host = f"http://127.0.0.1:{self._base + 1}"
        deadline = time.monotonic() + 30
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{host}/.well-known/databricks-config").is_success:
                    profiles = configparser.ConfigParser()
                    profiles.read(self._home / "databrickscfg")
                    return Api(host, profiles["dev"]["token"])
            assert time.monotonic() < deadline, (self._home / "server.log").read_text()[-5000:]
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as by a power cut."""
        os.kill(self._pid, signal.SIGKILL)


def condition(left: str, right: str, key: str, op: str = "GREATER_THAN", **more: Any) -> Json:
    return {"task_key": key, "condition_task": {"op": op, "left": left, "right": right}, **more}


def after(key: str, outcome: str | None = None) -> list[Json]:
    return [{"task_key": key, **({"outcome": outcome} if outcome else {})}]


def workflow(child: int) -> list[Json]:
    loop = {"inputs": json.dumps(INPUTS), "concurrency": 3, "task": condition("{{input}}", "0", "one")}
    inner = {"job_id": child, "job_parameters": {"n": "{{job.run_id}}"}}
    return [
        condition("2", "1", "decide"),
        {"task_key": "loop", "for_each_task": loop, "depends_on": after("decide", "true")},
        {"task_key": "never", "run_job_task": inner, "depends_on": after("decide", "false")},
        {"task_key": "child", "run_job_task": inner, "depends_on": after("decide", "true")},
        condition("1", "0", "tidy", depends_on=[*after("loop"), *after("child")], run_if="AT_LEAST_ONE_FAILED"),
    ]


def test_workflows_end_whatever_happens(warm: WarmWorkspaces, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    workspace = Workspace(warm, tmp_path)
    api = workspace.start()
    task = {"task_key": "many", "for_each_task": {"inputs": "[1, 2, 3]", "task": condition("{{input}}", "0", "each")}}
    parameters = [{"name": "n", "default": ""}]
    child = api.do("POST", f"{JOBS}/create", {"tasks": [task], "parameters": parameters, "max_concurrent_runs": 1000})[
        "job_id"
    ]
    settings = {"tasks": workflow(child), "max_concurrent_runs": 3, "queue": {"enabled": True}}
    job = api.do("POST", f"{JOBS}/create", settings)["job_id"]
    known: list[int] = []
    repaired: dict[int, int] = {}
    for trial in range(TRIALS):
        began: list[int] = []
        with suppress(httpx.TransportError):
            for number in range(RUNS):
                body = {"job_id": job, "idempotency_token": f"{trial}-{number}"}
                began.append(api.do("POST", f"{JOBS}/run-now", body)["run_id"])
        for run_id in known[-2:]:
            body = {"run_id": run_id, "rerun_all_failed_tasks": True}
            if run_id in repaired:
                body["latest_repair_id"] = repaired[run_id]
            repaired[run_id] = api.do("POST", f"{JOBS}/runs/repair", body)["repair_id"]
        time.sleep(chance.uniform(*LOAD_SECONDS))
        workspace.kill()
        api = workspace.start()
        for run_id in (*began, *known[-2:]):
            check(api, ended(api, run_id), repairs=run_id in repaired)
        known += began
    everything = pages(api, f"{JOBS}/runs/list?job_id={job}", "runs")
    assert {run["run_id"] for run in everything} == set(known)
    for run_id in known:
        check(api, ended(api, run_id), repairs=run_id in repaired)
    children = {run["trigger_info"]["run_id"] for run in pages(api, f"{JOBS}/runs/list?job_id={child}", "runs")}
    assert children == {task["run_id"] for run_id in known for task in tasks(ended(api, run_id), "child")}
    workspace.kill()


def ended(api: Api, run_id: int) -> Json:
    """The run, once it has ended."""
    deadline = time.monotonic() + 60
    while True:
        run = api.do("GET", f"{JOBS}/runs/get?run_id={run_id}&include_history=true")
        if run["status"]["state"] == "TERMINATED":
            return run
        assert time.monotonic() < deadline, f"run {run_id} does not end: {json.dumps(run)[:3000]}"
        time.sleep(0.05)


def check(api: Api, run: Json, repairs: bool) -> None:
    """What such a run comes to."""
    results = {task["task_key"]: task["state"]["result_state"] for task in run["tasks"]}
    expected = {"decide": "SUCCESS", "loop": "FAILED", "never": "EXCLUDED", "child": "SUCCESS", "tidy": "SUCCESS"}
    assert results == expected, results
    assert (len(run["repair_history"]) > 1) == repairs
    assert [len(tasks(run, key)) for key in ("decide", "child")] == [1, 1]
    loop = api.do("GET", f"{JOBS}/runs/get?run_id={tasks(run, 'loop')[-1]['run_id']}")
    last = {item["resolved_values"]["condition_task"]["left"]: item for item in loop["iterations"] if good(item)}
    assert sorted(last) == [value for value in INPUTS if value != "x"]
    stats = loop["tasks"][0]["for_each_task"]["stats"]["task_run_stats"]
    assert (stats["total_iterations"], stats["succeeded_iterations"], stats["failed_iterations"]) == (5, 4, 1)


def good(item: Json) -> bool:
    return bool(item["state"]["result_state"] == "SUCCESS")


def tasks(run: Json, key: str) -> list[Json]:
    """Attempts of a task, the latest last."""
    return [task for task in run["tasks"] if task["task_key"] == key]


def pages(api: Api, path: str, field: str) -> list[Json]:
    """All of a list."""
    found: list[Json] = []
    token = ""
    while True:
        page = api.do("GET", f"{path}&page_token={token}" if token else path)
        found += page.get(field, [])
        token = page.get("next_page_token", "")
        if not token:
            return found
