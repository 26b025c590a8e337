"""AutoML by flaml: estimators and hyperparameters are tried, cheap ones first, within a budget.

How long a trial took decides what is tried next, so another machine may try others. Each trial is what its
hyperparameters and the rows make of it, on any machine.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from environments.metrics import MORE_IS_BETTER, Problem
from environments.training import Exploration
from pipelines.errors import PipelineError
from pipelines.evaluation.metrics import BUILT_IN
from pipelines.exploration.recipe import scores_of

METRIC: dict[Problem, str] = {"binary": "roc_auc", "regression": "rmse"}
TASK = {"binary": "classification", "regression": "regression"}
ESTIMATORS = {
    "binary": ["lgbm", "rf", "extra_tree", "lrl1"],
    "regression": ["lgbm", "rf", "extra_tree", "enet"],
}
# LightGBM adds numbers up in the same order, whatever the number of threads.
STEADY = {"deterministic": {"domain": True}, "force_row_wise": {"domain": True}}


@dataclass(frozen=True)
class Matrices:
    """What is fitted and what it is judged by: features as numbers, and labels."""

    train: np.ndarray
    train_labels: np.ndarray
    validation: np.ndarray
    validation_labels: np.ndarray


@dataclass(frozen=True)
class Trial:
    """An estimator as it was fitted: `estimator(**hyperparameters)`; `value` is the metric on the validation rows."""

    number: int
    estimator: type
    hyperparameters: dict[str, Any]
    value: float
    seconds: float


def search(matrices: Matrices, problem: Problem, budget: Exploration, seed: int) -> list[Trial]:
    """All trials in their order. Raises PipelineError when the budget does not suffice for one."""
    metric, more_is_better = BUILT_IN[problem][METRIC[problem]], MORE_IS_BETTER[problem][METRIC[problem]]
    trials: list[Trial] = []
    before = time.monotonic()

    def judge(
        validation: np.ndarray, labels: np.ndarray, estimator: Any, *_: Any, **__: Any
    ) -> tuple[float, dict[str, float]]:
        nonlocal before
        value = float(metric(labels, scores_of(estimator.model, validation)))
        now = time.monotonic()
        trials.append(Trial(len(trials), type(estimator.model), chosen(estimator.model), value, round(now - before, 3)))
        before = now
        return (-value if more_is_better else value), {}

    fixed = {"random_state": {"domain": seed}}
    estimators = ESTIMATORS[problem]
    automl_class()().fit(
        X_train=matrices.train,
        y_train=matrices.train_labels,
        X_val=matrices.validation,
        y_val=matrices.validation_labels,
        task=TASK[problem],
        metric=judge,
        estimator_list=estimators,
        max_iter=budget.trials,
        time_budget=budget.seconds,
        seed=seed,
        custom_hp={name: {**fixed, **(STEADY if name == "lgbm" else {})} for name in estimators},
        # Rows as they are: none left out, doubled, transformed, or brought into another order.
        sample=False,
        auto_augment=False,
        skip_transform=True,
        split_type="time",
        eval_method="holdout",
        retrain_full=False,
        mlflow_logging=False,
        verbose=0,
    )
    if not trials:
        raise PipelineError("setting exploration.seconds", f"{budget.seconds}", "time for a trial at least")
    return trials


def automl_class() -> Any:
    """`flaml.AutoML`, imported as if there were no pandas on Spark.

    With it, the import sets that one's options in the Spark session, which serverless compute refuses. It sets
    `spark.sql.ansi.enabled` all the same, until the process ends: so all that Spark is to do is done before.
    """
    module = "pyspark.pandas"
    there = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        from flaml import AutoML
    finally:
        del sys.modules[module]
        if there:
            sys.modules[module] = there
    return AutoML


def chosen(model: Any) -> dict[str, Any]:
    """The hyperparameters that make the fitted model again, without those that are defaults.

    The search may stop LightGBM when time is up: then it has fewer trees than it was asked for.
    """
    values = model.get_params()
    if hasattr(model, "n_estimators_"):
        values["n_estimators"] = model.n_estimators_
    defaults = type(model)().get_params()
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if name not in defaults or value != defaults[name]}
