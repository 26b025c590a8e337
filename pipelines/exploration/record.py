"""What a search leaves in MLflow: a run for each trial with its script, and all of them as a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence

import mlflow
import pandas as pd
from matplotlib.figure import Figure

from pipelines.exploration.script import Setting, script
from pipelines.exploration.search import Trial

SCRIPT, TABLE, PICTURE = "trial.py", "trials.csv", "trials.png"


def log_trials(trials: Sequence[Trial], setting: Setting, more_is_better: bool) -> Trial:
    """Log each trial in a run below the active one, and what there is to say of all; the best one."""
    best = (max if more_is_better else min)(trials, key=lambda trial: trial.value)
    rows = []
    for trial in trials:
        name = trial.estimator.__name__
        tags = {"kind": "trial", "best": str(trial is best).lower()}
        with mlflow.start_run(run_name=f"trial {trial.number} {name}", nested=True, tags=tags) as run:
            mlflow.log_params({"estimator": name, **trial.hyperparameters})
            mlflow.log_metrics({setting.metric: trial.value, "seconds": trial.seconds})
            mlflow.log_text(script(trial, setting, run.info.run_id), SCRIPT)
        rows.append(
            {
                "trial": trial.number,
                "estimator": name,
                setting.metric: trial.value,
                "seconds": trial.seconds,
                "best": trial is best,
                "run_id": run.info.run_id,
                "hyperparameters": trial.hyperparameters,
            }
        )
    table = pd.DataFrame(rows)
    mlflow.log_text(table.to_csv(index=False), TABLE)
    mlflow.log_figure(trials_figure(table, setting.metric, more_is_better), PICTURE)
    mlflow.set_tag("best_trial", str(table.loc[table["best"], "run_id"].iloc[0]))
    mlflow.log_metrics({f"best_{setting.metric}": best.value, "trials": len(trials)})
    return best


def trials_figure(table: pd.DataFrame, metric: str, more_is_better: bool) -> Figure:
    """Each trial's metric in its order, by estimator, and the best one so far."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    for estimator, rows in table.groupby("estimator"):
        axes.scatter(rows["trial"], rows[metric], label=estimator)
    best = table[metric].cummax() if more_is_better else table[metric].cummin()
    axes.step(table["trial"], best, where="post", color="grey", label="best so far")
    axes.set(title="Trials of the baseline", xlabel="trial", ylabel=f"{metric} on validation rows")
    axes.legend()
    return figure
