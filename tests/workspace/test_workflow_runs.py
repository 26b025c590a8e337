"""Workflows that run: what they answer, what they do when an action fails, and after a sudden death."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tests.workspace.azure_support import SUBSCRIPTION, Azure, sign_in
from tests.workspace.conftest import Server

GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-workflows"
WORKFLOW = f"{GROUP}/providers/Microsoft.Logic/workflows/flow"


@dataclass
class Other:
    """Somebody whom workflows call."""

    url: str
    gate: threading.Event = field(default_factory=threading.Event)  # answers wait for it
    bodies: list[Any] = field(default_factory=list)


@pytest.fixture
def other() -> Iterator[Other]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            somebody.bodies.append(body)
            somebody.gate.wait(30)
            answer = json.dumps({"said": body}).encode()
            try:
                self.send_response(int(body.get("status", 200)))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            except OSError:  # who asked has died
                return

        def log_message(self, *arguments: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    somebody = Other(f"http://127.0.0.1:{listener.server_port}")
    somebody.gate.set()
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield somebody
    listener.shutdown()


@pytest.fixture(scope="module")
def azure(server: Server) -> Iterator[Azure]:
    signed_in = sign_in(server, "workflow-tests")
    signed_in.put(GROUP, {"location": "westeurope"})
    yield signed_in
    signed_in.http.delete(GROUP)


def deploy(azure: Azure, actions: dict[str, Any]) -> str:
    """The address of a workflow with these actions."""
    azure.http.delete(WORKFLOW)
    definition = {"triggers": {"alert": {"type": "Request", "kind": "Http"}}, "actions": actions}
    azure.put(WORKFLOW, {"location": "westeurope", "properties": {"definition": definition}})
    return str(azure.http.post(f"{WORKFLOW}/triggers/alert/listCallbackUrl").json()["value"])


def say(other: Other, body: object, after: dict[str, list[str]] | None = None) -> dict[str, Any]:
    inputs = {"method": "POST", "uri": other.url, "body": body, "retryPolicy": {"type": "none"}}
    return {"type": "Http", "inputs": inputs, "runAfter": after or {}}


def finished(azure: Azure) -> dict[str, Any]:
    """The latest run, when it has ended, with the status of each action."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run = azure.get(f"{WORKFLOW}/runs")["value"][0]
        if run["properties"]["status"] != "Running":
            actions = azure.get(f"{run['id']}/actions")["value"]
            return {**run["properties"], "actions": {a["name"]: a["properties"]["status"] for a in actions}}
        time.sleep(0.1)
    raise AssertionError("the workflow's run does not end")


def test_a_response_is_the_callers_answer(azure: Azure, other: Other) -> None:
    response = {"type": "Response", "inputs": {"statusCode": 201, "body": "@body('say')['said']['word']"}}
    url = deploy(
        azure,
        {
            "answer": {**response, "runAfter": {"say": ["Succeeded"]}},
            "say": say(other, {"word": "@triggerBody()?['w']"}),
        },
    )
    answer = httpx.post(url, json={"w": "hello"})
    assert (answer.status_code, answer.json()) == (201, "hello")
    assert other.bodies == [{"word": "hello"}]


def test_a_failure_is_the_runs_unless_a_later_action_takes_care(azure: Azure, other: Other) -> None:
    actions = {"try": say(other, {"status": 404}), "then": say(other, {}, {"try": ["Succeeded"]})}
    httpx.post(deploy(azure, actions))
    failed = finished(azure)
    assert (failed["status"], failed["error"]["code"]) == ("Failed", "NotFound")
    assert failed["actions"] == {"try": "Failed", "then": "Skipped"}
    httpx.post(deploy(azure, {**actions, "care": say(other, {}, {"try": ["Failed"]})}))
    cared = finished(azure)
    assert cared["status"] == "Succeeded" and cared["actions"]["care"] == "Succeeded"


def test_a_disabled_workflow_does_not_start(azure: Azure, other: Other) -> None:
    url = deploy(azure, {"say": say(other, {})})
    azure.http.patch(WORKFLOW, json={"properties": {"state": "Disabled"}})
    assert httpx.post(url).json()["error"]["code"] == "WorkflowNotEnabled"
    assert other.bodies == []


@pytest.mark.trial
def test_a_run_goes_on_after_sudden_death(azure: Azure, other: Other, server: Server) -> None:
    url = deploy(azure, {"first": say(other, {"n": 1}), "second": say(other, {"n": 2}, {"first": ["Succeeded"]})})
    other.gate.clear()
    httpx.post(url)
    wait_for(lambda: other.bodies == [{"n": 1}])
    server.stop(signal.SIGKILL)
    other.gate.set()
    server.start()
    assert finished(azure)["status"] == "Succeeded"
    assert other.bodies == [{"n": 1}, {"n": 1}, {"n": 2}]  # what had not been answered is asked again


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
