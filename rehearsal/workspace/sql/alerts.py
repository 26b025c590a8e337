"""SQL alerts (version 2): a query, a condition on its result, a schedule, and whom to tell when the state changes.

https://docs.databricks.com/api/azure/workspace/alertsv2
"""

from __future__ import annotations

import uuid

from databricks.sdk.service.sql import (
    AlertEvaluationState,
    AlertLifecycleState,
    AlertV2,
    AlertV2RunAs,
    ComparisonOperator,
    SchedulePauseStatus,
)

from rehearsal.workspace import clock
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid, not_found
from rehearsal.workspace.identity import principals
from rehearsal.workspace.notifications import destinations
from rehearsal.workspace.permissions import acl, acting
from rehearsal.workspace.scheduling import quartz
from rehearsal.workspace.sql import warehouses
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.workspace_objects import directories

KIND, OBJECT_TYPE = "alert", "alertsv2"
_UNARY = (ComparisonOperator.IS_NULL, ComparisonOperator.IS_NOT_NULL)
_CHANGEABLE = (
    "display_name", "query_text", "warehouse_id", "evaluation", "schedule", "custom_summary", "custom_description",
    "custom_template_format",
    "parameters", "parent_path", "run_as", "run_as_user_name",
)  # fmt: skip
_OUTCOME = ("state", "last_evaluated_at")  # of an evaluation: nobody sets these


def create(tx: Transaction, call: Call, body: Body) -> Body:
    """Make an alert that belongs to the caller. Raises DatabricksError 400, 403, 404."""
    alert = _checked(tx, call, {name: body[name] for name in _CHANGEABLE if body.get(name) is not None})
    directories.require_writable(tx, call.principal, call.workspace, directories.checked(str(alert.parent_path)))
    now = timestamp(tx)
    alert.id, alert.create_time, alert.update_time = str(uuid.uuid4()), now, now
    alert.owner_user_name, alert.lifecycle_state = call.principal.name, AlertLifecycleState.ACTIVE
    alert.evaluation.state = AlertEvaluationState.UNKNOWN
    stored = alert.as_dict()
    tx.put(KIND, _key(call.workspace, alert.id), stored)
    acl.set_owner(tx, call.workspace, OBJECT_TYPE, alert.id, call.principal.name)
    return stored


def get(tx: Transaction, call: Call, identifier: str, level: str) -> Body:
    """The alert, for who holds the level; a trashed one still answers. Raises DatabricksError 403, 404."""
    stored = find(tx, call.workspace, identifier)
    acl.require_level(tx, call.principal, call.workspace, OBJECT_TYPE, identifier, level)
    return stored


def find(tx: Transaction, workspace: str, identifier: str) -> Body:
    """The alert's document, whoever asks. Raises DatabricksError 404."""
    stored = tx.get(KIND, _key(workspace, identifier))
    if stored is None:
        raise not_found(f"Alert {identifier} does not exist.")
    return stored


def visible(tx: Transaction, call: Call) -> list[Body]:
    """Alerts that the caller may read, trashed ones left out."""
    return [
        stored
        for stored in tx.list(KIND, f"{call.workspace}/")
        if stored["lifecycle_state"] == AlertLifecycleState.ACTIVE.value
        and acl.has_level(tx, call.principal, call.workspace, OBJECT_TYPE, stored["id"], "CAN_READ")
    ]


def update(tx: Transaction, call: Call, identifier: str, body: Body, mask: str) -> Body:
    """Change the fields that the mask names; the state goes on. Raises DatabricksError 400, 403, 404."""
    stored = get(tx, call, identifier, "CAN_EDIT")
    if stored["lifecycle_state"] != AlertLifecycleState.ACTIVE.value:
        raise invalid(f"Alert {identifier} is in the trash.")
    names = _CHANGEABLE if mask == "*" else tuple(name for name in mask.split(",") if name)
    unknown = {name.partition(".")[0] for name in names} - set(_CHANGEABLE)
    if unknown or not names:
        raise invalid(f"update_mask '{mask}': expected fields out of {', '.join(_CHANGEABLE)}, or *.")
    kept = {name: stored[name] for name in _CHANGEABLE if name in stored}
    outcome = {name: kept["evaluation"].pop(name) for name in _OUTCOME if name in kept["evaluation"]}
    for name in (name.partition(".")[0] for name in names):
        kept.pop(name, None)
        if body.get(name) is not None:
            kept[name] = body[name]
    if "run_as" in names and "run_as_user_name" not in body:
        kept.pop("run_as_user_name", None)
    alert = _checked(tx, call, kept).as_dict()
    alert["evaluation"] |= outcome
    changed = {**{name: stored[name] for name in stored if name not in _CHANGEABLE}, **alert}
    changed["update_time"] = timestamp(tx)
    tx.put(KIND, _key(call.workspace, identifier), changed)
    return changed


def trash(tx: Transaction, call: Call, identifier: str, purge: bool) -> None:
    """Put the alert into the trash, where it is not evaluated; or delete it. Raises DatabricksError 403, 404."""
    stored = get(tx, call, identifier, "CAN_MANAGE")
    if purge:
        tx.delete(KIND, _key(call.workspace, identifier))
        acl.forget(tx, call.workspace, OBJECT_TYPE, identifier)
    else:
        save(tx, call.workspace, {**stored, "lifecycle_state": AlertLifecycleState.DELETED.value})


def save(tx: Transaction, workspace: str, stored: Body) -> None:
    """Store the changed document."""
    tx.put(KIND, _key(workspace, stored["id"]), stored)


def run_as(stored: Body) -> str:
    """Name of the principal whose rights the query has."""
    name: str = next(iter(stored["effective_run_as"].values()))
    return name


def timestamp(tx: Transaction) -> str:
    """Now, as the API writes times."""
    return clock.now(tx).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(tx: Transaction, call: Call, given: Body) -> AlertV2:
    alert = parsed(AlertV2, given)
    for name in ("display_name", "query_text", "warehouse_id", "evaluation", "schedule"):
        if not getattr(alert, name):
            raise invalid(f"{name} must be specified.")
    warehouses.get(tx, call, alert.warehouse_id, "CAN_USE")
    alert.parent_path = directories.in_full(alert.parent_path or f"/Users/{call.principal.name}")
    directories.status(tx, call.workspace, alert.parent_path)
    try:
        quartz.parse(alert.schedule.quartz_cron_schedule or "", alert.schedule.timezone_id or "")
    except ValueError as error:
        raise invalid(f"schedule: {error}") from error
    alert.schedule.pause_status = alert.schedule.pause_status or SchedulePauseStatus.UNPAUSED
    _check_condition(alert)
    _check_subscriptions(tx, call, alert)
    alert.effective_run_as = _run_as(tx, call, alert)
    return alert


def _check_condition(alert: AlertV2) -> None:
    evaluation = alert.evaluation
    if not evaluation.source or not evaluation.source.name:
        raise invalid("evaluation.source.name must name a column of the query's result.")
    if evaluation.comparison_operator is None:
        raise invalid(f"evaluation.comparison_operator must be one of {[item.value for item in ComparisonOperator]}.")
    threshold = evaluation.threshold
    given = [] if threshold is None else [item for item in (threshold.column, threshold.value) if item is not None]
    if evaluation.comparison_operator in _UNARY:
        return
    if len(given) != 1:
        raise invalid("evaluation.threshold must have either a column or a value.")
    if threshold and threshold.value is not None and len(threshold.value.as_dict()) != 1:
        raise invalid("evaluation.threshold.value must have one of bool_value, double_value and string_value.")


def _check_subscriptions(tx: Transaction, call: Call, alert: AlertV2) -> None:
    told = alert.evaluation.notification
    for subscription in (told.subscriptions if told else None) or []:
        if bool(subscription.destination_id) == bool(subscription.user_email):
            raise invalid("A subscription has either a destination_id or a user_email.")
        if subscription.destination_id:
            destinations.find(tx, call.workspace, subscription.destination_id)
        else:
            principals.load(tx, str(subscription.user_email))


def _run_as(tx: Transaction, call: Call, alert: AlertV2) -> AlertV2RunAs:
    """Whom the query runs as: whom the alert says, or the caller."""
    wanted = alert.run_as or AlertV2RunAs(user_name=alert.run_as_user_name)
    names = [name for name in (wanted.user_name, wanted.service_principal_name) if name]
    if len(names) > 1:
        raise invalid("run_as must name either a user or a service principal.")
    name = names[0] if names else call.principal.name
    principal = principals.load(tx, name)
    acting.require_run_as(tx, call.principal, principal)
    if principal.kind == "service_principal":
        return AlertV2RunAs(service_principal_name=name)
    return AlertV2RunAs(user_name=name)


def _key(workspace: str, identifier: str) -> str:
    return f"{workspace}/{identifier}"
