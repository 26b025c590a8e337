"""Is the log complete: what sources made, held against what the log has, as metrics of the job's MLflow run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce

import mlflow
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from environments.inference_log import ID, SOURCE
from environments.model import SCORED_AT
from environments.settings import Model
from pipelines.at_once import at_once
from pipelines.deployment.inference_table import counted
from pipelines.errors import PipelineError
from pipelines.monitoring.sources import Made
from pipelines.tables import instant
from pipelines.task import log

COUNTS = ("made", "logged", "missing", "doubled")


def reconcile(
    logged: DataFrame, sources: Sequence[Made], since: Mapping[str, datetime], model: Model, began: datetime
) -> None:
    """Count, log what was counted, compare. Raises PipelineError where a prediction is missing or there twice."""
    recent = reduce(Column.__or__, [_since(source, moment) for source, moment in since.items()])
    asked = {one.source: one.requests for one in sources if one.requests is not None}
    queries = [
        of_sources([one.rows for one in sources], logged.where(recent)),
        of_truth(logged.where(F.col(SCORED_AT) >= instant(began)), model),
        *map(counted, asked.values()),
    ]
    by_source, (truth,), *of_requests = at_once(DataFrame.collect, queries)
    found = {one.source: dict.fromkeys(COUNTS, 0) for one in sources}
    found |= {row[SOURCE]: {name: row[name] for name in COUNTS} for row in by_source}
    for source, (requests,) in zip(asked, of_requests, strict=True):
        found[source] |= requests.asDict()
    numbers = {f"{source}_{name}": value for source, counts in found.items() for name, value in counts.items()}
    numbers |= truth.asDict()
    mlflow.log_metrics({name: float(value) for name, value in numbers.items()})
    log.info("%s", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in numbers.items()))
    if wrong := [problem for source, counts in found.items() for problem in problems(source, counts)]:
        raise PipelineError("inference log", "; ".join(wrong), "each prediction that was made, once")


def _since(source: str, moment: datetime) -> Column:
    return (F.col(SOURCE) == source) & (F.col(SCORED_AT) >= instant(moment))


def of_sources(made: Sequence[DataFrame], logged: DataFrame) -> DataFrame:
    """Of each source: predictions made, rows of the log since the same moment, which are missing, which are doubled."""
    both = [rows.select(SOURCE, ID, F.lit(1).alias("_made"), F.lit(0).alias("_logged")) for rows in made]
    both.append(logged.select(SOURCE, ID, F.lit(0).alias("_made"), F.lit(1).alias("_logged")))
    each = reduce(DataFrame.unionAll, both).groupBy(SOURCE, ID)
    times = each.agg(F.max("_made").alias("_made"), F.sum("_logged").alias("_logged"))
    return times.groupBy(SOURCE).agg(
        F.sum("_made").alias("made"),
        F.sum("_logged").alias("logged"),
        F.count_if(F.col("_logged") < F.col("_made")).alias("missing"),
        F.sum(F.greatest(F.col("_logged") - 1, F.lit(0))).alias("doubled"),
    )


def problems(source: str, found: Mapping[str, int]) -> list[str]:
    """What does not fit. A table of predictions keeps an entity's last one; of requests the log has neither more."""
    wrong = [f"{found[name]} of {source} {name}" for name in ("missing", "doubled") if found[name]]
    if "records" in found and found["records"] != found["logged"]:
        wrong.append(f"{found['logged']} rows of {found['records']} records of {source}")
    return wrong


def of_truth(logged: DataFrame, model: Model) -> DataFrame:
    """One row: predictions, those whose truth is known, and those that wait for it."""
    known = F.col(model.label).isNotNull()
    return logged.agg(
        F.count("*").alias("predictions"), F.count_if(known).alias("with_truth"), F.count_if(~known).alias("pending")
    )
