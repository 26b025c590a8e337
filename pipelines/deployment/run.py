"""Deployment: the Challenger becomes Champion and is served, when it is the better one.

The endpoint changes first and the alias Champion last: when the update fails, both are as they were; when the task
dies between the two, a repetition finds the endpoint done and sets the alias. The other way round, batch inference
would use a Champion that could not be served.
"""

from __future__ import annotations

import mlflow
from databricks.sdk import WorkspaceClient
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from environments import names
from pipelines.deployment.decide import Decision, decide
from pipelines.deployment.endpoint import serve
from pipelines.errors import PipelineError
from pipelines.evaluation.held_out import held_out_rows
from pipelines.evaluation.metrics import Metrics
from pipelines.evaluation.versions import load
from pipelines.registry import CHALLENGER, CHAMPION, PROMOTION, require_passed, uri_of, version_of, version_with_alias
from pipelines.task import Task, log, run_stage


def deploy(task: Task) -> None:
    """Compare, decide, and put the decision into effect."""
    client = MlflowClient()
    challenger = version_of(task, client)
    champion = version_with_alias(client, challenger.name, CHAMPION)
    if champion is None or champion.version != challenger.version:
        _require_validated(client, challenger)
        decision = _compare(task, challenger, champion)
        log.info("%s", decision.reason)
        client.set_model_version_tag(challenger.name, challenger.version, PROMOTION, decision.reason)
        if not decision.promote:
            log.info("%s is not promoted: Champion and endpoint are as they were", uri_of(challenger))
            return
    endpoint = names.endpoint(task.environment, task.model)
    changed = serve(WorkspaceClient(), endpoint, challenger, task.model.serving)
    log.info("endpoint %s %s version %s", endpoint, "now serves" if changed else "serves already", challenger.version)
    client.set_registered_model_alias(challenger.name, CHAMPION, challenger.version)
    log.info("%s is %s", uri_of(challenger), CHAMPION)


def _require_validated(client: MlflowClient, version: ModelVersion) -> None:
    require_passed(version)
    holder = version_with_alias(client, version.name, CHALLENGER)
    if holder is None or holder.version != version.version:
        found = f"version {holder.version}" if holder else "no version"
        raise PipelineError(f"model {version.name}, alias {CHALLENGER}", found, f"version {version.version}")


def _compare(task: Task, challenger: ModelVersion, champion: ModelVersion | None) -> Decision:
    """Score both on the Challenger's held-out rows, in an MLflow run of its own."""
    mlflow.set_experiment(names.experiment(task.environment, task.model))
    tags = {"code_version": task.code_version, "challenger": uri_of(challenger)}
    with mlflow.start_run(run_name=f"compare {task.model.name} {challenger.version}", tags=tags):
        rows = held_out_rows(task, challenger.run_id)
        values: dict[str, float] = {}
        for role, version in ((CHALLENGER, challenger), (CHAMPION, champion)):
            if version is not None:
                scores = load(version).scores(rows)
                metrics = Metrics(task.model.problem, task.code.METRICS).all(rows[task.model.label].to_numpy(), scores)
                mlflow.log_metrics({f"{role.lower()}_{name}": value for name, value in metrics.items()})
                values[role] = metrics[task.model.promotion.metric]
        decision = decide(values[CHALLENGER], values.get(CHAMPION), task.model.promotion)
        champion_uri = uri_of(champion) if champion else "none"
        mlflow.set_tags({"champion": champion_uri, "promote": str(decision.promote), "reason": decision.reason})
    return decision


def main() -> None:
    """Entry point of the wheel."""
    run_stage("deployment", deploy)
