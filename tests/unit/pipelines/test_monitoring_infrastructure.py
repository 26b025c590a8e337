"""Requests, latencies, runs, rows and cost by the hour, on Spark; runs as the Jobs API tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from databricks.sdk.service.jobs import (
    BaseJob,
    BaseRun,
    JobSettings,
    RunLifeCycleState,
    RunResultState,
    RunState,
    RunTask,
)
from pyspark.sql import SparkSession

from environments.infrastructure import INFRASTRUCTURE, Prices
from environments.settings import Model, load_environment
from pipelines.monitoring.infrastructure import RUNS, by_hour, ended_runs, newest, of_requests, of_rows, of_runs
from pipelines.monitoring.sources import EVER

NOON = datetime(2026, 11, 27, 12, 0)
PRICES = Prices(currency="EUR", job_hour=2.0, endpoint_hour=0.5)
ENDED = RunLifeCycleState.TERMINATED


def in_ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(milliseconds=1)


def test_an_hour_of_an_endpoint_and_of_a_job(spark: SparkSession) -> None:
    requests = spark.createDataFrame(
        [(NOON + timedelta(minutes=n), 200 if n else 500, n * 10) for n in range(11)]
        + [(NOON + timedelta(hours=1), 200, 7)],
        "request_time timestamp, status_code int, execution_duration_ms bigint",
    )
    runs = spark.createDataFrame(
        [("batch", in_ms(NOON), 0, 0, 90.0), ("batch", in_ms(NOON) + 60_000, 1, 2, 270.0)], RUNS
    )
    logged = spark.createDataFrame([(NOON + timedelta(minutes=n),) for n in range(3)], "scored_at timestamp")
    found = [
        of_requests(requests, "e", PRICES),
        of_runs(runs, PRICES),
        of_rows(logged, "job", "batch", EVER),
        of_rows(logged, "endpoint", "e", EVER),
    ]
    table = by_hour(found, PRICES)
    assert dict(table.dtypes) == {name: column.type for name, column in INFRASTRUCTURE.columns.items()}
    rows = {(row.kind, row["name"], row.hour): row for row in table.collect()}
    assert len(rows) == 3
    busy = rows["endpoint", "e", NOON]
    assert (busy.requests, busy.errors, busy.rows_scored, busy.cost, busy.currency) == (11, 1, 3, 0.5, "EUR")
    assert (busy.latency_p50_ms, busy.latency_p95_ms) == (50.0, 95.0) and 98 < busy.latency_p99_ms < 100
    assert rows["endpoint", "e", NOON + timedelta(hours=1)].rows_scored is None
    job = rows["job", "batch", NOON]
    assert (job.requests, job.errors, job.retries, job.rows_scored, job.duration_seconds) == (2, 1, 2, 3, 360.0)
    assert job.cost == 0.2 and job.latency_p50_ms is None
    last = newest(table)
    assert (last["endpoint"] - last["job"]) == timedelta(hours=1)


def run(seconds: float, life: RunLifeCycleState, result: RunResultState | None, *attempts: int) -> BaseRun:
    return BaseRun(
        start_time=in_ms(NOON),
        run_duration=round(seconds * 1000),
        state=RunState(life_cycle_state=life, result_state=result),
        tasks=[RunTask(task_key=f"t{n}", attempt_number=attempt) for n, attempt in enumerate(attempts)],
    )


class Jobs:
    """The Jobs API of a workspace in which two models have one job each."""

    def list(self) -> Iterator[BaseJob]:
        for number, model in enumerate(("flight_delay", "bike_demand")):
            tags = {"environment": "staging", "model": model}
            yield BaseJob(job_id=number, settings=JobSettings(name=f"staging-{model}", tags=tags))

    def list_runs(self, job_id: int, **asked: Any) -> Iterator[BaseRun]:
        assert asked["completed_only"] and asked["expand_tasks"]
        if job_id == 0:
            yield run(5, ENDED, RunResultState.SUCCESS, 0, 0)
            yield run(7, ENDED, RunResultState.FAILED, 0, 1)
            yield run(0, RunLifeCycleState.SKIPPED, None)


class Workspace:
    """A client of that workspace."""

    jobs = Jobs()


def test_runs_of_the_models_own_jobs_that_were_begun(model: Model) -> None:
    found = list(ended_runs(Workspace(), load_environment("staging"), model, EVER))  # type: ignore[arg-type]
    assert found == [("staging-flight_delay", in_ms(NOON), 0, 0, 5.0), ("staging-flight_delay", in_ms(NOON), 1, 1, 7.0)]
