"""The offline comparison: Challenger and Champion on the Challenger's held-out rows, in an MLflow run of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from pyspark.sql import DataFrame

from environments import names
from pipelines.deployment.decide import Decision, decide, decide_alone
from pipelines.deployment.gain import Gain, paired_gain
from pipelines.deployment.pictures import comparison_figure
from pipelines.deployment.yardstick import Scored, Yardstick
from pipelines.descriptions import with_section
from pipelines.evaluation.held_out import END, START, VERSION, held_out
from pipelines.evaluation.metrics import Metrics, slice_quality
from pipelines.evaluation.own_rows import own_rows
from pipelines.evaluation.versions import load
from pipelines.features.lookups import with_features
from pipelines.registry import CHALLENGER, CHAMPION, moment_of, uri_of
from pipelines.tables import delta_versions, session, to_pandas
from pipelines.task import Task
from pipelines.training.record import log_inputs

HEADING = "## Comparison"
PICTURE, SLICES = "comparison.png", "slices.json"


def compare(task: Task, challenger: ModelVersion, champion: ModelVersion | None) -> Decision:
    """Score both, log all that the decision rests on, and decide. The same versions and tables give the same answer."""
    mlflow.set_experiment(names.experiment(task.environment, task.model))
    versions = {CHAMPION: champion, CHALLENGER: challenger} if champion else {CHALLENGER: challenger}
    roles = {role.lower(): uri_of(version) for role, version in versions.items()}
    tags = {"kind": "comparison", "code_version": task.code_version, **roles}
    with mlflow.start_run(run_name=f"compare {task.model.name} {challenger.version}", tags=tags):
        _log_inputs(task, challenger)
        bare = held_out(task, challenger.run_id)
        rows = to_pandas(with_features(task, bare, task.model.label))
        labels = rows[task.model.label].to_numpy()
        scored = {role: Scored(labels, _scores(task, version, bare, rows)) for role, version in versions.items()}
        _log_quality(task, rows, scored)
        decision = _decide(task, scored)
        mlflow.set_tags({"promote": str(decision.promote), "reason": decision.reason})
    return decision


def _scores(task: Task, version: ModelVersion, bare: DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """What the version says of the rows, with the features that it gets in use."""
    loaded = load(version)
    return loaded.scores(own_rows(task, version, loaded, bare, rows))


def yardstick(task: Task) -> Yardstick:
    """The metric of promotion."""
    metrics, metric = Metrics(task.model.problem, task.code.METRICS), task.model.promotion.metric

    def value(labels: np.ndarray, scores: np.ndarray) -> float:
        return metrics.one(metric, labels, scores) if metrics.judges(labels) else float("nan")

    return Yardstick(metric, value, task.model.more_is_better(metric))


def description(before: str | None, decision: Decision, now: datetime | None = None) -> str:
    """The version's description with this comparison in place of an earlier one."""
    line = f"- {'✓' if decision.promote else '✗'} {decision.reason}"
    return with_section(before, HEADING, f"{HEADING} ({moment_of(now or datetime.now(UTC))})\n{line}")


def _decide(task: Task, scored: dict[str, Scored]) -> Decision:
    rules, measure = task.model.promotion, yardstick(task)
    mlflow.log_params({"min_gain": rules.min_gain, "confidence": rules.confidence, "resamples": rules.resamples})
    if CHAMPION not in scored:
        return decide_alone(measure, measure.of(scored[CHALLENGER]), rules)
    gain = paired_gain(measure, scored[CHAMPION], scored[CHALLENGER], rules, task.model.training.seed)
    mlflow.log_metrics(gain_metrics(gain))
    mlflow.log_figure(comparison_figure(rules, measure, gain, scored, task.model.problem), PICTURE)
    return decide(gain, rules)


def gain_metrics(gain: Gain) -> dict[str, float]:
    """The gain and its interval, as metrics of a run."""
    return {"gain": gain.gain.value, "gain_low": gain.gain.low, "gain_high": gain.gain.high}


def _log_inputs(task: Task, challenger: ModelVersion) -> None:
    """The label table at the version that training read, the feature tables as they are now, and which rows of them."""
    known = MlflowClient().get_run(challenger.run_id).data.params if challenger.run_id else {}
    said = {key: known[key] for key in (START, END, VERSION) if key in known}
    mlflow.log_params(said)
    tables = [names.feature_table(task.environment, task.model, table) for table in task.model.feature_tables]
    inputs = delta_versions(session(), tables)
    if VERSION in said:
        inputs[names.source_table(task.environment, task.model, task.model.label_table)] = int(said[VERSION])
    log_inputs(inputs, "comparison")


def _log_quality(task: Task, rows: pd.DataFrame, scored: dict[str, Scored]) -> None:
    """All metrics of both, and for each slice the metric of promotion side by side."""
    metrics, rules = Metrics(task.model.problem, task.code.METRICS), task.model.validation
    table: dict[tuple[str, str, int], dict[str, float]] = {}
    for role, one in scored.items():
        quality = metrics.all(one.labels, one.scores)
        mlflow.log_metrics({f"{role.lower()}_{name}": value for name, value in quality.items()})
        for part in slice_quality(metrics, rows, task.model.label, one.scores, rules.slices, rules.slice_min_rows):
            at = table.setdefault((part.column, part.value, part.rows), {})
            at[role.lower()] = part.metrics[task.model.promotion.metric]
    if table:
        frame = pd.DataFrame([{"column": c, "value": v, "rows": n, **at} for (c, v, n), at in table.items()])
        mlflow.log_table(frame, SLICES)
