"""What the year left behind in prod, read through public interfaces: versions, traffic, alerts and what they caused."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from databricks.sdk import WorkspaceClient

from environments import names
from environments.metrics import MORE_IS_BETTER
from environments.settings import Environment, Model
from rehearsal.play.evidence import mlflow_of
from rehearsal.play.report.model import Run
from rehearsal.play.year.model import AlertEvent, Traffic, Version

TRIGGER, REASON, ALERT = "trigger", "reason", "alert"  # tags of versions, and a value of the first
_HISTORY = "/api/2.0/understudy/alerts/{}/history"


def versions(client: WorkspaceClient, environment: Environment, model: Model) -> list[Version]:
    """All versions of the registered model, the first one first."""
    registry = mlflow_of(client)
    name = names.registered_model(environment, model)
    found = sorted(registry.search_model_versions(f"name='{name}'"), key=lambda one: int(one.version))
    kept = {*MORE_IS_BETTER[model.problem], *model.metrics}
    return [_version(registry, registry.get_model_version(name, one.version), kept) for one in found]


def champion(client: WorkspaceClient, environment: Environment, model: Model) -> str:
    """The version that is Champion now."""
    name = names.registered_model(environment, model)
    return str(mlflow_of(client).get_model_version_by_alias(name, "Champion").version)


def traffic(client: WorkspaceClient, environment: Environment, model: Model, at: datetime) -> Traffic:
    """How the endpoint's traffic is split now."""
    config = client.serving_endpoints.get(names.endpoint(environment, model)).config
    routes = (config.traffic_config.routes if config and config.traffic_config else None) or []
    versions = {str(one.name): str(one.entity_version) for one in (config.served_entities if config else None) or []}
    percent = {versions[str(one.served_model_name)]: int(one.traffic_percentage or 0) for one in routes}
    return Traffic(at, {version: share for version, share in percent.items() if share})


def alerts(client: WorkspaceClient, environment: Environment, model: Model, caused: dict[str, str]) -> list[AlertEvent]:
    """Evaluations that found a new state or told people again, in their order.

    Args:
        caused: what came of an evaluation, by the alert's name and its moment (`consequence_key`).
    """
    wanted = {names.alert(environment, model, name) for name in model.monitoring.alerts}
    events: list[AlertEvent] = []
    for alert in client.alerts_v2.list_alerts():
        if alert.display_name not in wanted:
            continue
        history: Any = client.api_client.do("GET", _HISTORY.format(alert.id))
        before = "OK"
        for entry in reversed(history["history"]):
            at = datetime.fromisoformat(entry["time"])
            if entry["state"] == before == "OK":
                continue
            before = entry["state"]
            came = caused.get(consequence_key(str(alert.display_name), at), "people were told")
            value = entry["value"]
            number = float(value) if value not in (None, "") else None
            events.append(AlertEvent(at, str(alert.display_name), entry["state"], number, came))
    return sorted(events, key=lambda event: event.at)


def consequence_key(alert: str, at: datetime) -> str:
    """An alert on a day."""
    return f"{alert} {at:%Y-%m-%d}"


def consequences(client: WorkspaceClient, runs: Iterable[Run], day: datetime) -> dict[str, str]:
    """What came of the day's alerts: the training runs that they started, as their parameters tell."""
    found: dict[str, str] = {}
    for run in runs:
        given = client.jobs.get_run(int(run.run_id)).job_parameters or []
        alert = next((one.value for one in given if one.name == "alert" and one.value), None)
        if alert:
            found[consequence_key(alert, day)] = _outcome(run)
    return found


def _outcome(run: Run) -> str:
    train = next((task.state for task in run.tasks if task.key == "train"), "")
    if run.state == "SKIPPED":
        return "no training: one was under way"
    if train == "EXCLUDED":
        return "no training: the guard held it back"
    return "a training, which succeeded" if run.state == "SUCCESS" else f"a training, which ended as {run.state}"


def _version(registry: Any, version: Any, kept: Collection[str]) -> Version:
    """A version with those of its training's metrics that are kept: on rows that it had not learned from."""
    tags = version.tags
    started_by = tags.get(TRIGGER, "")
    metrics = registry.get_run(version.run_id).data.metrics if version.run_id else {}
    rollout = json.loads(tags["rollout"])["phase"] if "rollout" in tags else ""
    return Version(
        number=str(version.version),
        trained_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        why=tags.get(REASON, "") or ("an alert" if started_by == ALERT else "registered by hand"),
        validation=tags.get("model_validation_status", "not validated"),
        outcome=rollout or tags.get("promotion", "") or "went no further",
        metrics={name: value for name, value in metrics.items() if name in kept},
    )
