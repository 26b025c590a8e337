"""What MLflow keeps of a promotion: the comparison on held-out rows, and each judgement of the rollout."""

from __future__ import annotations

import json
from typing import Any

from databricks.sdk import WorkspaceClient

from environments import names
from environments.settings import Environment, Model
from rehearsal.play.evidence import download, mlflow_of
from rehearsal.play.report.promotion import Comparison, Interval, Rollout, RolloutStep, Side


def in_rollout(client: WorkspaceClient, environment: Environment, model: Model) -> str | None:
    """The version whose rollout is under way."""
    registered = mlflow_of(client).get_registered_model(names.registered_model(environment, model))
    version = registered.aliases.get("Rollout")
    return str(version) if version else None


def challenger(client: WorkspaceClient, environment: Environment, model: Model) -> str:
    """The version that was validated last."""
    name = names.registered_model(environment, model)
    return str(mlflow_of(client).get_model_version_by_alias(name, "Challenger").version)


def comparison(client: WorkspaceClient, environment: Environment, model: Model, version: str) -> Comparison:
    """The version's last comparison with the Champion of then."""
    registry = mlflow_of(client)
    run = _runs(registry, environment, model, "comparison", version)[-1]
    metrics, metric = run.data.metrics, model.promotion.metric
    return Comparison(
        environment=environment.name,
        model=names.registered_model(environment, model),
        challenger=version,
        champion=_version(run.data.tags.get("champion", "")),
        metric=metric,
        metrics={
            name.removeprefix("challenger_"): (metrics.get(f"champion_{name.removeprefix('challenger_')}"), value)
            for name, value in metrics.items()
            if name.startswith("challenger_")
        },
        gain=_interval(metrics),
        promoted=run.data.tags["promote"] == "True",
        reason=run.data.tags["reason"],
        picture_png=_picture(registry, run, "comparison.png"),
        run_id=run.info.run_id,
    )


def rollout(client: WorkspaceClient, environment: Environment, model: Model, version: str) -> Rollout:
    """The version's rollout, judgement by judgement."""
    registry = mlflow_of(client)
    name = names.registered_model(environment, model)
    tags = registry.get_model_version(name, version).tags
    runs = _runs(registry, environment, model, "rollout", version)
    return Rollout(
        environment=environment.name,
        model=name,
        challenger=version,
        champion=json.loads(tags["rollout"])["champion"],
        metric=model.promotion.metric,
        outcome=json.loads(tags["rollout"])["phase"],
        reason=tags.get("rollout_reason", ""),
        steps=[_step(registry, model, run) for run in runs],
    )


def _step(registry: Any, model: Model, run: Any) -> RolloutStep:
    metrics = run.data.metrics
    sides = [
        Side(
            requests=int(metrics[f"{role}_requests"]),
            error_rate=metrics[f"{role}_error_rate"],
            labelled=int(metrics[f"{role}_labelled"]),
            value=metrics.get(f"{role}_{model.promotion.metric}"),
        )
        for role in ("champion", "challenger")
    ]
    return RolloutStep(
        percent=int(metrics["percent"]),
        since=run.data.tags["since"],
        champion=sides[0],
        challenger=sides[1],
        gain=_interval(metrics),
        verdict=run.data.tags["verdict"],
        reason=run.data.tags["reason"],
        picture_png=_picture(registry, run, "rollout.png"),
    )


def _runs(registry: Any, environment: Environment, model: Model, kind: str, version: str) -> list[Any]:
    """Runs of a kind about a version, the oldest first."""
    experiment = registry.get_experiment_by_name(names.experiment(environment, model))
    uri = f"models:/{names.registered_model(environment, model)}/{version}"
    wanted = f"tags.kind = '{kind}' AND tags.challenger = '{uri}'"
    return list(registry.search_runs([experiment.experiment_id], wanted, order_by=["attributes.start_time ASC"]))


def _interval(metrics: dict[str, float]) -> Interval | None:
    if "gain" not in metrics:
        return None
    return Interval(metrics["gain"], metrics["gain_low"], metrics["gain_high"])


def _picture(registry: Any, run: Any, name: str) -> bytes | None:
    there = any(entry.path == name for entry in registry.list_artifacts(run.info.run_id))
    return download(registry, run.info.run_id, name) if there else None


def _version(uri: str) -> str:
    return uri.rpartition("/")[2]
