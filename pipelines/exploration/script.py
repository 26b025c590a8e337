"""A trial as a notebook in source format: it runs as it is, on its own, and is there to be edited."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import datetime
from string import Template

from pipelines.exploration import recipe
from pipelines.exploration.search import Trial

TEMPLATE = Template("""\
# Databricks notebook source
# Trial $number: run as it is, it comes to $metric $value again. It reads the rows that the trial read, as long as the
# table keeps that version.
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from databricks.sdk.runtime import spark
from $module import $estimator
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import $judge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# COMMAND ----------

TABLE, VERSION = $table, $version
LABEL, TIME, KEYS = $label, $time, $keys
VALIDATION_START = pd.Timestamp($validation_start)  # UTC
NUMBERS = $numbers
CATEGORIES = $categories

# COMMAND ----------

$functions

# COMMAND ----------

spark.conf.set("spark.sql.session.timeZone", "UTC")
rows = spark.sql(f"SELECT * FROM {TABLE} VERSION AS OF {VERSION}").toPandas()
train, validation = split_by_time(rows, TIME, KEYS, VALIDATION_START)
train_matrix, validation_matrix = prepare(train, validation, NUMBERS, CATEGORIES)

# COMMAND ----------

model = $estimator(
$hyperparameters
)
model.fit(train_matrix, train[LABEL].to_numpy())
value = float($judge(validation[LABEL].to_numpy(), scores_of(model, validation_matrix)))
print("$metric", value)

# COMMAND ----------

mlflow.set_experiment($experiment)
with mlflow.start_run(run_name="trial $number again", tags={"kind": "trial", "trial_of": $run_id}):
    mlflow.log_params({"estimator": type(model).__name__, "table": TABLE, "table_version": VERSION})
    mlflow.log_params(model.get_params())
    mlflow.log_metric("$metric", value)
""")

# What `sklearn.metrics` calls the metrics of a search: a script stands alone, without our code.
JUDGES = {"roc_auc": "roc_auc_score", "rmse": "root_mean_squared_error"}


@dataclass(frozen=True)
class Setting:
    """What all trials of a search share: the table and its version, the columns, the split, the metric."""

    table: str
    version: int
    label: str
    time: str
    keys: list[str]
    numbers: list[str]
    categories: list[str]
    validation_start: datetime
    metric: str
    experiment: str


def script(trial: Trial, setting: Setting, run_id: str) -> str:
    """The notebook of a trial, which was logged in the run of this id."""
    functions = (recipe.split_by_time, recipe.prepare, recipe.scores_of)
    literals = ("table", "version", "label", "time", "keys", "numbers", "categories", "experiment")
    return TEMPLATE.substitute(
        {name: repr(getattr(setting, name)) for name in literals},
        number=trial.number,
        value=trial.value,
        module=trial.estimator.__module__.partition("._")[0].removesuffix(".sklearn"),
        estimator=trial.estimator.__name__,
        hyperparameters="\n".join(f"    {name}={value!r}," for name, value in sorted(trial.hyperparameters.items())),
        functions="\n\n".join(inspect.getsource(function) for function in functions).rstrip(),
        validation_start=repr(setting.validation_start.isoformat(sep=" ")),
        metric=setting.metric,
        judge=JUDGES[setting.metric],
        run_id=repr(run_id),
    )
