"""Runs of workflows: started by a trigger, done action by action, kept as history.

The state of a run is stored after each action, so that after a sudden death it goes on where it was.
"""

from __future__ import annotations

import logging
import secrets
import threading
from typing import Any

from rehearsal.workspace import clock
from rehearsal.workspace.arm import resources
from rehearsal.workspace.arm.logic import actions, definition
from rehearsal.workspace.arm.logic.expressions import ExpressionError, Scope, evaluated
from rehearsal.workspace.arm.logic.workflows import RUN, WORKFLOW
from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body, Transaction

log = logging.getLogger(__name__)


def create(tx: Transaction, workflow: Body, trigger: str, request: Body) -> Body:
    """A new run of the workflow as it is now, not yet begun; its name sorts by age."""
    number, began = tx.next_id("arm_workflow_run"), clock.now(tx).isoformat()
    name = f"0{8_000_000_000_000_000_000 + number}{secrets.token_hex(4).upper()}CU00"
    record: Body = {
        "id": f"{workflow['id']}/runs/{name}",
        "name": name,
        "type": f"{WORKFLOW}/runs",
        "properties": {
            "status": "Running",
            "startTime": began,
            "trigger": {"name": trigger, "startTime": began, "status": "Succeeded", "outputs": request},
            "workflow": {"id": workflow["id"], "name": workflow["properties"]["version"]},
        },
        "actions": {},
        "snapshot": workflow,
    }
    _store(tx, record)
    return record


def shown(record: Body) -> Body:
    """The run as its history shows it."""
    return {name: value for name, value in record.items() if name not in ("actions", "snapshot")}


def shown_actions(record: Body) -> list[Body]:
    """The run's actions, with their inputs and outputs."""
    return [
        {"id": f"{record['id']}/actions/{name}", "name": name, "type": f"{WORKFLOW}/runs/actions", "properties": action}
        for name, action in record["actions"].items()
    ]


def listed(tx: Transaction, workflow_id: str) -> list[Body]:
    """All runs of a workflow, the latest first."""
    return list(reversed(tx.list(RUN, f"{workflow_id.lower()}/runs/")))


def unfinished(tx: Transaction) -> list[Body]:
    """Runs that were under way when the platform ended."""
    return [record for record in tx.list(RUN) if record["properties"]["status"] == "Running"]


def perform(platform: Platform, record: Body) -> Body | None:
    """Do all actions that are still to do; the answer of a Response action, if there is one."""
    workflow, response = record["snapshot"], None
    todo = workflow["properties"]["definition"].get("actions", {})
    parameters = _parameters(workflow)
    for name in definition.in_order(todo):
        if name in record["actions"]:
            continue
        outputs = {done: action["outputs"] for done, action in record["actions"].items() if "outputs" in action}
        scope = Scope(
            record["properties"]["trigger"]["outputs"], outputs, parameters, _itself(record), platform.clock.now()
        )
        record["actions"][name] = outcome = _done(platform, workflow, todo[name], record["actions"], scope)
        if todo[name]["type"] == "Response" and outcome["status"] == "Succeeded":
            response = outcome["outputs"]
        terminated = todo[name]["type"] == "Terminate" and outcome["status"] == "Succeeded"
        if terminated:
            record["properties"] |= {"status": outcome["outputs"]["runStatus"], "endTime": _now(platform)}
        if not _stored(platform, record) or terminated:
            return response
    _finish(platform, record, todo)
    _stored(platform, record)
    return response


def perform_later(platform: Platform, record: Body) -> threading.Thread:
    """The same in a thread of its own; what nobody foresaw fails the run and is logged."""

    def run() -> None:
        try:
            perform(platform, record)
        except Exception:
            log.exception("workflow run %s failed", record["id"])
            record["properties"] |= {"status": "Failed", "endTime": _now(platform), "code": "InternalServerError"}
            _stored(platform, record)

    thread = threading.Thread(target=run, name=f"workflow {record['name']}", daemon=True)
    thread.start()
    return thread


def _done(platform: Platform, workflow: Body, action: Body, before: Body, scope: Scope) -> Body:
    outcome: Body = {"startTime": _now(platform), "code": "OK"}
    if not all(before[other]["status"] in statuses for other, statuses in action.get("runAfter", {}).items()):
        return outcome | {"status": "Skipped", "code": "ActionSkipped", "endTime": _now(platform)}
    try:
        inputs = outcome["inputs"] = evaluated(action.get("inputs"), scope)
        outcome |= {"status": "Succeeded", "outputs": _outputs(platform, workflow, action, inputs)}
    except ExpressionError as error:
        failure = {"code": "InvalidTemplate", "message": str(error)}
        outcome |= {"status": "Failed", "code": "InvalidTemplate", "error": failure}
    except actions.ActionFailed as error:
        outcome |= {"status": "Failed", "code": error.code, "error": {"code": error.code, "message": str(error)}}
        if error.outputs is not None:
            outcome["outputs"] = error.outputs
    return outcome | {"endTime": _now(platform)}


def _outputs(platform: Platform, workflow: Body, action: Body, inputs: Any) -> Body:
    if action["type"] == "Http":
        return actions.call(platform, workflow, inputs)
    return {"body": inputs} if action["type"] == "Compose" else dict(inputs)


def _finish(platform: Platform, record: Body, todo: Body) -> None:
    """A run has failed when an action failed that no later one took care of."""
    properties, done = record["properties"], record["actions"]
    handled = {
        other
        for name, action in todo.items()
        if done[name]["status"] != "Skipped"
        for other in action.get("runAfter", {})
    }
    failed = [name for name, action in done.items() if action["status"] == "Failed" and name not in handled]
    properties |= {"status": "Failed" if failed else "Succeeded", "endTime": _now(platform)}
    if failed:
        properties |= {"code": "ActionFailed", "error": done[failed[0]].get("error")}


def _parameters(workflow: Body) -> Body:
    properties = workflow["properties"]
    declared = properties["definition"].get("parameters", {})
    defaults = {name: value["defaultValue"] for name, value in declared.items() if "defaultValue" in value}
    return defaults | {name: given["value"] for name, given in properties.get("parameters", {}).items()}


def _itself(record: Body) -> Body:
    """What `workflow()` answers."""
    workflow = record["snapshot"]
    known = {name: workflow.get(name) for name in ("id", "name", "type", "location", "tags")}
    return known | {"run": {name: record[name] for name in ("id", "name", "type")}}


def _store(tx: Transaction, record: Body) -> None:
    tx.put(RUN, f"{record['snapshot']['id']}/runs/{record['name']}".lower(), record)


def _stored(platform: Platform, record: Body) -> bool:
    """Store the run; False when its workflow has been deleted in the meantime, which ends it."""
    with platform.store.transaction() as tx:
        if resources.find(tx, record["snapshot"]["id"]) is None:
            return False
        _store(tx, record)
        return True


def _now(platform: Platform) -> str:
    return platform.clock.now().isoformat()
