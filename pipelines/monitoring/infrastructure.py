"""What endpoint and jobs did in each hour: counted from the inference table, the inference log and the Jobs API.

Hours are counted anew from a day before the newest that is known, and merged by key: requests are delivered late, and
runs take their time. Cost is estimated: an hour of work, or an hour in which the endpoint was asked, times its price.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import BaseRun, RunLifeCycleState, RunResultState
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from environments import names
from environments.inference_log import BATCH, SOURCE, STREAM
from environments.inference_log import ENDPOINT as ASKED
from environments.infrastructure import ENDPOINT, INFRASTRUCTURE, JOB, Prices
from environments.model import SCORED_AT
from environments.settings import Environment, Model
from pipelines.deployment import inference_table
from pipelines.monitoring.sources import EVER, of_endpoint
from pipelines.tables import hour, instant, merge, session
from pipelines.task import Task, log, run_stage

LATE = timedelta(days=1)
KEPT = timedelta(days=59)  # the Jobs API forgets runs after 60 days
QUANTILES = {"latency_p50_ms": 0.5, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99}
RUNS = "job string, started_ms bigint, failed int, retries int, seconds double"
# The job whose runs make the predictions of a source.
SCORING_JOBS = {BATCH: "batch-inference", STREAM: "streaming-inference"}


def measure(task: Task) -> None:
    """Bring the table up to date. A repetition changes nothing but what has happened since."""
    spark, workspace, environment, model = session(), WorkspaceClient(), task.environment, task.model
    table = names.infrastructure_metrics(environment, model)
    now = datetime.now(UTC)
    since = {kind: hour(moment - LATE) for kind, moment in newest(spark.table(table)).items()}
    asked_since, ran_since = since.get(ENDPOINT, EVER), max(since.get(JOB, EVER), hour(now - KEPT))
    me = workspace.current_user.me()
    payloads = spark.table(names.inference_table(environment, model))
    requests = of_endpoint(payloads, (str(me.user_name), str(me.id)), asked_since)
    logged = spark.table(names.inference_log(environment, model))
    runs = spark.createDataFrame(list(ended_runs(workspace, environment, model, ran_since)), RUNS)
    found = [
        of_requests(requests, names.endpoint(environment, model), environment.prices),
        of_runs(runs, environment.prices),
        of_rows(logged.where(F.col(SOURCE) == ASKED), ENDPOINT, names.endpoint(environment, model), asked_since),
        *(
            of_rows(logged.where(F.col(SOURCE) == source), JOB, names.job(environment, model, purpose), ran_since)
            for source, purpose in SCORING_JOBS.items()
        ),
    ]
    rows = by_hour(found, environment.prices)
    log.info("%s: %s", table, merge(spark, table, rows, INFRASTRUCTURE.primary_key))


def newest(metrics: DataFrame) -> Mapping[str, datetime]:
    """The newest hour of each kind, UTC."""
    rows = metrics.groupBy("kind").agg(F.unix_micros(F.max("hour")).alias("at")).collect()
    return {row["kind"]: EVER + timedelta(microseconds=row["at"]) for row in rows}


def of_requests(requests: DataFrame, name: str, prices: Prices) -> DataFrame:
    """Requests, errors and latencies of each hour. Callers' errors count, too: people want to know of them."""
    took = F.col(inference_table.DURATION).cast("double")
    return requests.groupBy(F.date_trunc("hour", "request_time").alias("hour")).agg(
        F.lit(ENDPOINT).alias("kind"),
        F.lit(name).alias("name"),
        F.count("*").alias("requests"),
        F.count_if(F.col("status_code") >= 400).alias("errors"),
        *(F.percentile(took, F.lit(share)).alias(column) for column, share in QUANTILES.items()),
        F.lit(prices.endpoint_hour).alias("cost"),
    )


def of_runs(runs: DataFrame, prices: Prices) -> DataFrame:
    """Runs, failures, retries and durations of each job in each hour."""
    seconds = F.sum("seconds")
    return runs.groupBy(
        F.col("job").alias("name"), F.date_trunc("hour", F.timestamp_millis("started_ms")).alias("hour")
    ).agg(
        F.lit(JOB).alias("kind"),
        F.count("*").alias("requests"),
        F.sum("failed").cast("bigint").alias("errors"),
        F.sum("retries").cast("bigint").alias("retries"),
        seconds.alias("duration_seconds"),
        (seconds / 3600 * prices.job_hour).alias("cost"),
    )


def of_rows(logged: DataFrame, kind: str, name: str, since: datetime) -> DataFrame:
    """Predictions of the log in each hour."""
    recent = logged.where(F.col(SCORED_AT) >= instant(since))
    return recent.groupBy(F.date_trunc("hour", SCORED_AT).alias("hour")).agg(
        F.lit(kind).alias("kind"), F.lit(name).alias("name"), F.count("*").alias("rows_scored")
    )


def by_hour(found: Iterable[DataFrame], prices: Prices) -> DataFrame:
    """One row for each hour of each endpoint and job, of all that was found of it."""
    united = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), found)
    values = [name for name in INFRASTRUCTURE.columns if name not in (*INFRASTRUCTURE.primary_key, "currency")]
    together = united.groupBy(*INFRASTRUCTURE.primary_key).agg(*(F.max(name).alias(name) for name in values))
    return together.withColumn("currency", F.lit(prices.currency)).select(*INFRASTRUCTURE.columns)


def ended_runs(
    workspace: WorkspaceClient, environment: Environment, model: Model, since: datetime
) -> Iterator[tuple[str, int, int, int, float]]:
    """Runs of the model's jobs that began since then and have ended, as the Jobs API tells them."""
    start = int(since.timestamp() * 1000)
    own = {"environment": environment.name, "model": model.name}
    for job in workspace.jobs.list():
        settings = job.settings
        if settings and own.items() <= (settings.tags or {}).items():
            runs = workspace.jobs.list_runs(
                job_id=job.job_id, completed_only=True, start_time_from=start, expand_tasks=True
            )
            yield from ((str(settings.name), *_facts(run)) for run in runs if not _skipped(run))


def _skipped(run: BaseRun) -> bool:
    """Was it never begun, as another one was under way."""
    return run.state is not None and run.state.life_cycle_state == RunLifeCycleState.SKIPPED


def _facts(run: BaseRun) -> tuple[int, int, int, float]:
    """When it began (ms), whether it failed, how many tasks were tried again, for how long (s) it worked."""
    failed = run.state is None or run.state.result_state not in (RunResultState.SUCCESS, RunResultState.EXCLUDED)
    retries = sum(1 for task in run.tasks or [] if task.attempt_number)
    return int(run.start_time or 0), int(failed), retries, (run.run_duration or run.execution_duration or 0) / 1000


def main() -> None:
    """Entry point of the wheel."""
    run_stage("infrastructure_metrics", measure)
