"""Evaluates an alert: its query as its run-as principal on its warehouse, its condition, its new state, who is told.

The clock's part, and a route of the rehearsal's own, since Databricks evaluates by schedule only.
https://learn.microsoft.com/azure/databricks/sql/user/alerts/
"""

from __future__ import annotations

import uuid
from datetime import datetime

from databricks.sdk.service.sql import AlertEvaluationState, AlertLifecycleState, AlertV2, CustomTemplateFormat

from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.identity import principals
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.notifications import outbox
from rehearsal.workspace.notifications.outbox import Message
from rehearsal.workspace.sql import alert_conditions, alert_history, alert_templates, alerts, statements
from rehearsal.workspace.sql.alert_conditions import Outcome
from rehearsal.workspace.store import Body, Transaction

OK, TRIGGERED, ERROR = AlertEvaluationState.OK, AlertEvaluationState.TRIGGERED, AlertEvaluationState.ERROR


def evaluate(platform: Platform, workspace: str, identifier: str) -> Body:
    """Evaluate now; the alert with its new state. Raises DatabricksError 400, 404.

    A query that fails is no error of this function but the alert's: its state is ERROR then.
    """
    with platform.store.transaction() as tx:
        stored = alerts.find(tx, workspace, identifier)
        if stored["lifecycle_state"] != AlertLifecycleState.ACTIVE.value:
            raise invalid(f"Alert {identifier} is in the trash.")
    alert = AlertV2.from_dict(stored)
    answer: Body = {}
    try:
        answer = _result(platform, workspace, stored)
        outcome = alert_conditions.outcome(alert, answer)
    except DatabricksError as error:
        outcome = Outcome(ERROR, None, error.message)
    with platform.store.transaction() as tx:
        latest = alerts.find(tx, workspace, identifier)
        _tell(tx, platform, workspace, latest, outcome, answer)
        at = alerts.timestamp(tx)
        latest["evaluation"] |= {"state": outcome.state.value, "last_evaluated_at": at}
        alert_history.record(tx, workspace, identifier, outcome, at)
        alerts.save(tx, workspace, latest)
    return latest


def _result(platform: Platform, workspace: str, stored: Body) -> Body:
    """The statement's answer. Raises DatabricksError when it could not be run or has failed."""
    with platform.store.transaction() as tx:
        principal = principals.load(tx, alerts.run_as(stored), workspace)
    call = Call(principal, workspace, platform, str(uuid.uuid4()))
    body = {"statement": stored["query_text"], "warehouse_id": stored["warehouse_id"], "wait_timeout": "50s"}
    if stored.get("parameters"):
        body["parameters"] = stored["parameters"]
    answer = statements.execute(call, body)
    answer = statements.ended(call, answer["statement_id"])
    if answer["status"]["state"] != "SUCCEEDED":
        error = answer["status"].get("error") or {"message": f"The query was {answer['status']['state']}."}
        raise invalid(str(error["message"]))
    return answer


def _tell(tx: Transaction, platform: Platform, workspace: str, stored: Body, outcome: Outcome, answer: Body) -> None:
    """Send word when the state changes to triggered, again after the retrigger time, and back to OK if asked for."""
    evaluation = stored["evaluation"]
    told = evaluation.get("notification") or {}
    before = evaluation.get("state")
    again = before == TRIGGERED.value and _due_again(tx, stored, told.get("retrigger_seconds") or 0)
    wanted = {
        TRIGGERED: before != TRIGGERED.value or again,
        OK: before == TRIGGERED.value and bool(told.get("notify_on_ok")),
    }
    if not wanted.get(outcome.state):
        return
    stored["last_notified_at"] = alerts.timestamp(tx)
    subscriptions = told.get("subscriptions") or []
    outbox.send(
        tx,
        workspace,
        _message(platform, workspace, stored, outcome, answer),
        [item["user_email"] for item in subscriptions if item.get("user_email")],
        [item["destination_id"] for item in subscriptions if item.get("destination_id")],
    )


def _due_again(tx: Transaction, stored: Body, seconds: int) -> bool:
    last = stored.get("last_notified_at")
    if not seconds or not last:
        return False
    return (datetime.fromisoformat(alerts.timestamp(tx)) - datetime.fromisoformat(last)).total_seconds() >= seconds


def _message(platform: Platform, workspace: str, stored: Body, outcome: Outcome, answer: Body) -> Message:
    page = f"/sql/alerts-v2/{stored['id']}"
    markdown = stored.get("custom_template_format") == CustomTemplateFormat.MARKDOWN.value
    url = platform.host(workspace) + page
    values = alert_templates.variables(stored, outcome.state.value, outcome.value, answer, url, markdown)
    usual = f"{stored['display_name']}: {outcome.state.value}"
    summary = alert_templates.filled(stored.get("custom_summary") or "", values, markdown) or usual
    text = alert_templates.filled(stored.get("custom_description") or "", values, markdown)
    # Databricks does not document what its alerts post; this says what its templates can say.
    payload = {
        "event_type": "alerts.state_changed",
        "workspace_id": str(workspace_id(workspace)),
        "alert": {"id": stored["id"], "display_name": stored["display_name"], "state": outcome.state.value},
        "value": outcome.value,
        "threshold": values["ALERT_THRESHOLD"],
        "summary": summary,
        "description": text,
    }
    return Message(f"[{outcome.state.value}] {summary}", text, payload, page)
