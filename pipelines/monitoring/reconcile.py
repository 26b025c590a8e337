"""Is the log complete: what sources made, held against what the log has, as metrics of the job's MLflow run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import mlflow
from pyspark.sql import DataFrame
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


def reconcile(
    logged: DataFrame, sources: Sequence[Made], since: Mapping[str, datetime], model: Model, began: datetime
) -> None:
    """Count, log what was counted, compare. Raises PipelineError where a prediction is missing or there twice."""
    numbers: dict[str, int] = {}
    wrong: list[str] = []
    counts = at_once(lambda one: of_source(one, _logged(logged, one.source, since[one.source])), sources)
    for one, found in zip(sources, counts, strict=True):
        wrong += problems(one.source, found)
        numbers |= {f"{one.source}_{name}": value for name, value in found.items()}
    numbers |= of_truth(logged.where(F.col(SCORED_AT) >= instant(began)), model)
    mlflow.log_metrics({name: float(value) for name, value in numbers.items()})
    log.info("%s", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in numbers.items()))
    if wrong:
        raise PipelineError("inference log", "; ".join(wrong), "each prediction that was made, once")


def _logged(logged: DataFrame, source: str, since: datetime) -> DataFrame:
    return logged.where((F.col(SOURCE) == source) & (F.col(SCORED_AT) >= instant(since)))


def of_source(made: Made, mine: DataFrame) -> dict[str, int]:
    """Counts of a source and of its rows in the log since the same moment."""
    both = made.rows.select(ID).join(mine.select(ID, F.lit(True).alias("_logged")), ID, "left")
    total, missing = both.agg(F.count_distinct(ID), F.count_if(F.col("_logged").isNull())).collect()[0]
    rows, keys = mine.agg(F.count("*"), F.count_distinct(ID)).collect()[0]
    found = {"made": total, "logged": rows, "missing": missing, "doubled": rows - keys}
    return found if made.requests is None else {**found, **counted(made.requests).collect()[0].asDict()}


def problems(source: str, found: Mapping[str, int]) -> list[str]:
    """What does not fit. A table of predictions keeps an entity's last one; of requests the log has neither more."""
    wrong = [f"{found[name]} of {source} {name}" for name in ("missing", "doubled") if found[name]]
    if "records" in found and found["records"] != found["logged"]:
        wrong.append(f"{found['logged']} rows of {found['records']} records of {source}")
    return wrong


def of_truth(logged: DataFrame, model: Model) -> dict[str, int]:
    """Predictions: those whose truth is known, and those that wait for it."""
    total, known = logged.agg(F.count("*"), F.count(model.label)).collect()[0]
    return {"predictions": total, "with_truth": known, "pending": total - known}
