"""What both versions of a rollout did in a step: requests from the inference table, answers joined with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from pyspark.sql import functions as F

from environments import names
from environments.metrics import SCORE
from pipelines.deployment import inference_table
from pipelines.deployment.decide import Observed
from pipelines.deployment.yardstick import Scored
from pipelines.tables import session, to_pandas
from pipelines.task import Task

PARTS = 24  # of the step's time, for the picture
MOST_ROWS = 200_000  # of known truth that are judged in memory: a sample, where a busy endpoint has more


@dataclass(frozen=True)
class Step:
    """A step of a rollout until now; times are UTC."""

    since: datetime
    now: datetime
    askers: tuple[str, ...]
    """Names of the jobs' identity, whose requests say which served entity is which version."""

    @property
    def days(self) -> float:
        """How long it has lasted."""
        return (self.now - self.since).total_seconds() / 86_400


def observe(task: Task, step: Step, versions: dict[str, str]) -> tuple[dict[str, Observed], dict[str, list[int]]]:
    """By role, whose version `versions` says: what it did, and its requests in each part of the step's time."""
    spark, model = session(), task.model
    payloads = spark.table(names.inference_table(task.environment, model))
    requests = inference_table.answered(payloads, step.since, step.askers)
    counts = to_pandas(inference_table.traffic(requests, step.since, step.now, PARTS))
    label_table = spark.table(names.source_table(task.environment, model, model.label_table))
    keys = [label_table.schema[key] for key in model.entity_key]
    said = inference_table.said(requests, keys, SCORE[model.problem])
    truth = task.code.labelled(task.code.observations(label_table)).select(*model.entity_key, model.label)
    known = to_pandas(said.join(truth, model.entity_key).orderBy(F.xxhash64(*model.entity_key)).limit(MOST_ROWS))
    observed, over_time = {}, {}
    for role, version in versions.items():
        mine, rows = (frame[frame[inference_table.VERSION] == version] for frame in (counts, known))
        observed[role] = Observed(int(mine["requests"].sum()), int(mine["errors"].sum()), _scored(rows, model.label))
        by_part = mine.groupby("part")["requests"].sum()
        over_time[role] = [int(by_part.get(part, 0)) for part in range(PARTS)]
    return observed, over_time


def _scored(rows: pd.DataFrame, label: str) -> Scored:
    scores = np.asarray(rows[inference_table.SCORE_SAID], dtype="float64")
    return Scored(np.asarray(rows[label]), scores, np.asarray(rows[inference_table.REQUEST_ID]))
