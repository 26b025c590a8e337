"""Training: rows with features as of their event time become a registered model version; its URI is a task value."""

from __future__ import annotations

from collections.abc import Mapping

import mlflow
import yaml
from pyspark.sql import SparkSession

from environments import names
from environments.training import Algorithm
from pipelines.evaluation.held_out import describe
from pipelines.evaluation.metrics import Metrics, slice_quality
from pipelines.evaluation.plots import quality_figure
from pipelines.features.lookups import feature_columns
from pipelines.tables import session
from pipelines.task import Task, log, run_stage
from pipelines.training import tune
from pipelines.training.against import measure_champion_of
from pipelines.training.algorithms import Rows
from pipelines.training.algorithms.fitted import Hyperparameters
from pipelines.training.card import Facts, model_card
from pipelines.training.choose import Candidate, fit_all, with_rounds
from pipelines.training.explain import explain
from pipelines.training.read import Data, read
from pipelines.training.record import CARD, log_environment, log_inputs, log_request, register


def train(task: Task) -> None:
    """Read, search where it is asked for, fit, measure on held-out rows, explain, log and register."""
    from databricks.sdk.runtime import dbutils

    spark, model = session(), task.model
    metrics = Metrics(model.problem, task.code.METRICS)
    mlflow.set_experiment(names.experiment(task.environment, model))
    tags = {"code_version": task.code_version, "kind": "training", **task.cause.tags()}
    with mlflow.start_run(run_name=f"train {model.name}", tags=tags) as run:
        data = read(task, spark)  # within the run: the guard counts trainings of alerts that failed, too
        label_version = data.versions[names.source_table(task.environment, model, model.label_table)]
        mlflow.log_params({**data.counts, **describe(data.split.test_start, data.split.test_end, label_version)})
        log_inputs(data.versions)
        log_environment()
        log.info("%s", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in data.counts.items()))
        rows = Rows(
            train=data.train,
            validation=data.validation,
            features=feature_columns(model),
            categorical=model.categorical,
            label=model.label,
            problem=model.problem,
            seed=model.training.seed,
        )
        candidates = fit_all(rows, _algorithms(task, spark, rows, metrics), metrics, model)
        _log_choice(task, candidates)
        facts = _measure(task, data, candidates[0], metrics)
        mlflow.log_text(model_card(model, facts), CARD)
        if task.environment.compares_with:
            measure_champion_of(task, task.environment.compares_with, candidates[0].fitted.scores, data.test, metrics)
        log_request(data.test, data.sent)
        version = register(task, candidates[0].fitted, data.training_set, data.train, data.split.test_start)
    uri = f"models:/{version.name}/{version.version}"
    dbutils.jobs.taskValues.set(key="model_uri", value=uri)
    log.info("registered %s from run %s", uri, run.info.run_id)


def _algorithms(task: Task, spark: SparkSession, rows: Rows, metrics: Metrics) -> Mapping[Algorithm, Hyperparameters]:
    """Those that settings chose, or the best of a search where the environment asks for one."""
    training, overrides = task.model.training, task.environment.overrides
    if overrides.tuning_trials and training.tuning:
        trials = tune.search(spark, rows, metrics, task.model, training.tuning, overrides.tuning_trials)
        mlflow.log_text(yaml.safe_dump(tune.as_settings(trials[0]), sort_keys=False), "chosen.yaml")
        log.info("%d trials; the best: %s", len(trials), trials[0])
        return {trials[0].algorithm: trials[0].hyperparameters}
    return with_rounds(training.algorithms, overrides.boosting_rounds)


def _log_choice(task: Task, candidates: list[Candidate]) -> None:
    chosen, metric = candidates[0], task.model.training.metric
    mlflow.log_params({"algorithm": chosen.algorithm, **chosen.hyperparameters, "seed": task.model.training.seed})
    mlflow.log_metrics({f"validation_{metric}_{one.algorithm}": one.value for one in candidates})
    mlflow.log_metrics(chosen.fitted.facts())


def _measure(task: Task, data: Data, chosen: Candidate, metrics: Metrics) -> Facts:
    """Quality on held-out rows, by slice too, and what moves the model; logged, and told to the model card."""
    model, rules, test = task.model, task.model.validation, data.test
    labels, scores = test[model.label].to_numpy(), chosen.fitted.scores(test)
    quality = metrics.all(labels, scores)
    mlflow.log_metrics({**quality, "label_mean": float(labels.mean())})
    slices = slice_quality(metrics, test, model.label, scores, rules.slices, rules.slice_min_rows)
    mlflow.log_metrics({f"{rules.metric}_{one.column}_{one.value}": one.metrics[rules.metric] for one in slices})
    mlflow.log_figure(quality_figure(model.problem, labels, scores), "quality.png")
    importance, figure = explain(chosen.fitted, test, feature_columns(model), model.training.seed)
    mlflow.log_figure(figure, "shap_summary.png")
    mlflow.log_dict({str(name): float(value) for name, value in importance.items()}, "shap_importance.json")
    log.info("held-out rows: %s", ", ".join(f"{name} {value:.4f}" for name, value in quality.items()))
    return Facts(
        task.code_version,
        task.cause.sentence(),
        chosen,
        data.split,
        data.counts,
        data.versions,
        quality,
        slices,
        importance,
    )


def main() -> None:
    """Entry point of the wheel."""
    run_stage("training", train)
