"""The held-out rows of a model version, read again from the tables: the run that made it says which they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
from mlflow import MlflowClient
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from environments import names
from pipelines.errors import PipelineError
from pipelines.features.lookups import with_features
from pipelines.tables import instant, read_version, session, to_pandas
from pipelines.task import Task
from pipelines.training.split import sample

START, END, VERSION = "held_out_start", "held_out_end", "label_table_version"


def describe(start: datetime, end: datetime, version: int) -> dict[str, str]:
    """The run parameters that let `held_out` find the rows again; times have no zone and are UTC."""
    return {START: start.isoformat(), END: end.isoformat(), VERSION: str(version)}


def held_out(task: Task, run_id: str | None) -> DataFrame:
    """The rows of the held-out time range, at that run's label table's version: with their label, without features."""
    parameters = MlflowClient().get_run(run_id).data.params if run_id else {}
    missing = [key for key in (START, END, VERSION) if key not in parameters]
    if missing:
        where = f"MLflow run {run_id or '(none)'} of the model version"
        raise PipelineError(where, f"no parameter {', '.join(missing)}", "a run of the training stage")
    table = names.source_table(task.environment, task.model, task.model.label_table)
    labels = read_version(session(), table, int(parameters[VERSION]))
    rows = task.code.labelled(task.code.observations(labels)).where(
        F.col(task.model.event_time).between(_utc(parameters[START]), _utc(parameters[END]))
    )
    return sample(rows, task.model, rows.count())


def held_out_rows(task: Task, run_id: str | None, also: Sequence[str] = ()) -> pd.DataFrame:
    """Those rows in memory, with features, label and columns `also`."""
    return to_pandas(with_features(task, held_out(task, run_id), task.model.label, also))


def _utc(text: str) -> Column:
    return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))
