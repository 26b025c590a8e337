"""The search for hyperparameters: optuna proposes, trials are fitted here or on Spark's workers, each is logged.

Trials are asked for in groups of `parallel_trials`. Spark's workers fit those of a group at the same time; the next
group knows how they went. The rows travel with the function, so a worker needs no credentials.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import mlflow
import optuna
import pandas as pd
from pyspark import cloudpickle
from pyspark.sql import SparkSession

from environments.settings import Model
from environments.training import Algorithm, Range, Tuning
from pipelines.evaluation.metrics import Metrics
from pipelines.training import algorithms as algorithms_package
from pipelines.training.algorithms import FITS, Rows, fitted, lightgbm_fit, linear_fit
from pipelines.training.algorithms.fitted import Hyperparameters

# What workers run travels whole: they may have none of this wheel.
for _module in (algorithms_package, fitted, lightgbm_fit, linear_fit):
    cloudpickle.register_pickle_by_value(_module)
ONE_THREAD: dict[Algorithm, dict[str, int]] = {"lightgbm": {"num_threads": 1}, "linear": {}}

# Of an algorithm with its hyperparameters, alone on the machine or not, the metric on the validation rows.
Evaluate = Callable[[Algorithm, Hyperparameters, bool], float]


@dataclass(frozen=True)
class Trial:
    """What was tried, and its metric on the validation rows."""

    number: int
    algorithm: Algorithm
    hyperparameters: Hyperparameters
    value: float


def search(spark: SparkSession, rows: Rows, metrics: Metrics, model: Model, tuning: Tuning, trials: int) -> list[Trial]:
    """Try so many, log each as a run below the active one; the best first."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    more_is_better = model.more_is_better(model.training.metric)
    study = optuna.create_study(
        direction="maximize" if more_is_better else "minimize",
        sampler=optuna.samplers.TPESampler(seed=model.training.seed, constant_liar=tuning.parallel_trials > 1),
    )
    for algorithm, chosen in model.training.algorithms.items():
        if _within(tuning, algorithm, chosen):  # the search starts from what is known to be good
            study.enqueue_trial({"algorithm": algorithm, **{f"{algorithm}.{k}": v for k, v in chosen.items()}})
    evaluate = _evaluation(rows, metrics, model.training.metric)
    done: list[Trial] = []
    while len(done) < trials:
        asked = [study.ask() for _ in range(min(tuning.parallel_trials, trials - len(done)))]
        proposals = [_proposal(trial, tuning) for trial in asked]
        values = _on_workers(spark, evaluate, proposals) if len(asked) > 1 else [evaluate(*proposals[0], True)]
        for trial, (algorithm, hyperparameters), value in zip(asked, proposals, values, strict=True):
            study.tell(trial, value)
            done.append(Trial(trial.number, algorithm, hyperparameters, value))
            _log(done[-1], model.training.metric)
    return sorted(done, key=lambda trial: -trial.value if more_is_better else trial.value)


def as_settings(trial: Trial) -> dict[str, dict[str, dict[str, float | int | str]]]:
    """The trial as the model's file says it: to be put there, so that prod trains with it."""
    return {"algorithms": {trial.algorithm: dict(trial.hyperparameters)}}


def _within(tuning: Tuning, algorithm: Algorithm, chosen: Mapping[str, object]) -> bool:
    return set(chosen) == set(tuning.search_space.get(algorithm, {}))


def _proposal(trial: optuna.Trial, tuning: Tuning) -> tuple[Algorithm, Hyperparameters]:
    algorithm = cast(Algorithm, trial.suggest_categorical("algorithm", list(tuning.search_space)))
    found: dict[str, float | int | str] = {}
    for name, space in tuning.search_space[algorithm].items():
        known = f"{algorithm}.{name}"
        if not isinstance(space, Range):
            found[name] = cast("float | int | str", trial.suggest_categorical(known, list(space)))
        elif isinstance(space.low, int) and isinstance(space.high, int):
            found[name] = trial.suggest_int(known, space.low, space.high, log=space.log)
        else:
            found[name] = trial.suggest_float(known, space.low, space.high, log=space.log)
    return algorithm, found


def _evaluation(rows: Rows, metrics: Metrics, metric: str) -> Evaluate:
    fits, judge = dict(FITS), metrics.function(metric)
    labels = rows.validation[rows.label].to_numpy()
    if metric in metrics.own:  # a function of the model's package, which travels as well
        cloudpickle.register_pickle_by_value(sys.modules[judge.__module__])

    def evaluate(algorithm: Algorithm, hyperparameters: Hyperparameters, alone: bool) -> float:
        threads = {} if alone else ONE_THREAD[algorithm]
        model = fits[algorithm](rows, {**hyperparameters, **threads})
        return float(judge(labels, model.scores(rows.validation)))

    return evaluate


def _on_workers(
    spark: SparkSession,
    evaluate: Evaluate,
    proposals: list[tuple[Algorithm, Hyperparameters]],
) -> list[float]:
    def run(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            values = [evaluate(proposals[place][0], proposals[place][1], False) for place in batch["place"]]
            yield pd.DataFrame({"place": batch["place"], "value": values})

    places = spark.range(len(proposals)).withColumnRenamed("id", "place").repartition(len(proposals), "place")
    answers = places.mapInPandas(run, "place bigint, value double").toPandas()
    return [float(value) for value in answers.sort_values("place")["value"]]


def _log(trial: Trial, metric: str) -> None:
    with mlflow.start_run(run_name=f"trial {trial.number}", nested=True, tags={"kind": "trial"}):
        mlflow.log_params({"algorithm": trial.algorithm, **trial.hyperparameters})
        mlflow.log_metric(f"validation_{metric}", trial.value)
