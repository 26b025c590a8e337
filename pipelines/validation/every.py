"""Every check of a version, in the order in which one needs what another has found."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from environments import names
from pipelines.errors import PipelineError
from pipelines.evaluation.metrics import Metrics, slice_quality
from pipelines.evaluation.versions import LoadedVersion, download
from pipelines.features.lookups import lookups_of
from pipelines.task import Task
from pipelines.validation import compliance, files, metadata, signature
from pipelines.validation.answers import example_check, scores_check
from pipelines.validation.checks import Check, Subject, not_run, tried
from pipelines.validation.fairness import fairness_check
from pipelines.validation.latency import latency_check
from pipelines.validation.own import own_checks
from pipelines.validation.quality import metric_check, slice_checks
from pipelines.validation.robustness import robustness_checks

# What needs scores, what needs rows before that, and what needs the loaded model before that.
OF_SCORES = ("held_out", "slices", "fairness", "own_checks")
OF_ROWS = ("signature_types", "latency", "missing_features", "scores", *OF_SCORES)
OF_MODEL = ("input_example", *OF_ROWS)
OF_FILES = ("look_ups", "requirements", "signature_inputs", "signature_outputs", "loads", *OF_MODEL)


def every_check(
    task: Task, version: ModelVersion, client: MlflowClient, held_out: Callable[[], pd.DataFrame]
) -> list[Check]:
    """The checks of a version. What cannot be looked at because of an earlier finding is reported as failed, too."""
    rules = task.model.validation
    run, ran = metadata.run_check(client, version)
    checks = [
        metadata.tags_check(version.tags, rules),
        metadata.description_check(version),
        *compliance.tag_value_checks(version.tags, rules),
        ran,
    ]
    if run is None:
        checks += not_run(("inputs", "documents"), ran)
    else:
        checks.append(metadata.inputs_check(run, names.training_tables(task.environment, task.model)))
        checks += compliance.document_checks(client, run.info.run_id, rules)
    with tempfile.TemporaryDirectory() as folder:
        return checks + _of_files(task, download(version, Path(folder)), held_out)


def _of_files(task: Task, folder: Path, held_out: Callable[[], pd.DataFrame]) -> list[Check]:
    model, sent = task.model, lookups_of(task).sent
    shape = tried("format", "an MLflow model", partial(files.format_check, folder))
    if not shape.passed:
        return [shape, *not_run(OF_FILES, shape)]
    loaded, loads = files.load_check(folder)
    checks = [
        shape,
        files.packed_check(folder, model),
        files.requirements_check(folder),
        signature.inputs_check(folder, sent),
        signature.outputs_check(folder, model),
        loads,
    ]
    if loaded is None:
        return checks + not_run(OF_MODEL, loads)
    checks.append(example_check(loaded, model.problem))
    rows, found = _rows(task, held_out)
    checks.append(found)
    if rows is None:
        return checks + not_run(OF_ROWS, found)
    metrics = Metrics(model.problem, task.code.METRICS)
    return [
        *checks,
        signature.types_check(folder, sent, rows),
        latency_check(loaded, rows, model.validation.max_latency_ms),
        *robustness_checks(loaded, rows, model, task.code.ON_DEMAND, metrics),
        *_of_scores(task, loaded, rows, metrics),
    ]


def _rows(task: Task, held_out: Callable[[], pd.DataFrame]) -> tuple[pd.DataFrame | None, Check]:
    """The held-out rows, if the run tells which they are and there is something to judge by."""
    expected = "rows that the model was not trained on, with more than one value of the label"
    try:
        rows = held_out()
    except PipelineError as error:
        return None, Check("held_out_rows", False, str(error), expected)
    judged = Metrics(task.model.problem).judges(rows[task.model.label].to_numpy())
    return rows if judged else None, Check("held_out_rows", judged, f"{len(rows)} rows", expected)


def _of_scores(task: Task, loaded: LoadedVersion, rows: pd.DataFrame, metrics: Metrics) -> list[Check]:
    model, rules = task.model, task.model.validation
    scores, answered = scores_check(loaded, model.problem, rows)
    if not answered.passed:
        return [answered, *not_run(OF_SCORES, answered)]
    value = metrics.one(rules.metric, rows[model.label].to_numpy(), scores)
    slices = slice_quality(metrics, rows, model.label, scores, rules.slices, rules.slice_min_rows)
    return [
        answered,
        metric_check("held_out", value, rules.threshold, model),
        *slice_checks(slices, model),
        *(fairness_check(model.problem, rows, model.label, scores, rule) for rule in rules.fairness),
        *own_checks(task.code.CHECKS, Subject(model, rows, scores)),
    ]
