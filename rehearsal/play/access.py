"""What a data scientist tries in prod, and what happens: reads must work, every way to write must be refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service import catalog
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from environments import names
from environments.settings import Environment, Model
from rehearsal.play.people import DATA_SCIENTIST
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.report.model import Attempt

ALLOWED, REFUSED = "allowed", "refused"
# Refusals by privilege or by missing identity; anything else (a missing table, say) is a fault of the check itself.
_REFUSALS = (
    "PERMISSION_DENIED",
    "INSUFFICIENT_PERMISSIONS",
    "UNAUTHENTICATED",
    "does not have",
    "Credential was not sent",
)


@dataclass(frozen=True)
class Stage:
    """Where the attempts happen: a data scientist's session and clients, and what they are aimed at."""

    platform: LocalPlatform
    environment: Environment
    model: Model
    token: str
    spark: SparkSession

    @property
    def inside(self) -> WorkspaceClient:
        """The data scientist's client of the environment's own workspace."""
        return self.platform.client_with(self.environment.name, self.token)


def check(stage: Stage) -> list[Attempt]:
    """Try everything; nothing is raised for a refusal, and an unexpected error is told as such."""
    return [_tried(DATA_SCIENTIST, *attempt) for attempt in _as_data_scientist(stage)] + [
        _tried("nobody (no token)", *attempt) for attempt in _as_nobody(stage)
    ]


Try = tuple[str, str, str, Callable[[], Any]]


def _as_data_scientist(stage: Stage) -> list[Try]:
    spark, client = stage.spark, stage.inside
    predictions = names.prediction_table(stage.environment, stage.model)
    source = names.source_table(stage.environment, stage.model, stage.model.label_table)
    model = names.registered_model(stage.environment, stage.model)
    landing = names.landing_path(stage.environment, stage.model)
    training = names.job(stage.environment, stage.model, "training")
    contract, key = stage.model.sources.tables[stage.model.label_table], stage.model.entity_key[0]
    value = next(name for name, column in contract.columns.items() if column.nullable)
    return [
        (f"read {source}", "DataFrame", ALLOWED, lambda: f"{spark.table(source).count()} rows"),
        (
            f"read {predictions}",
            "SQL",
            ALLOWED,
            lambda: f"{_scalar(spark, f'SELECT count(*) FROM {predictions}')} rows",
        ),
        (
            f"see {model}",
            "REST",
            ALLOWED,
            lambda: f"version {client.model_versions.get_by_alias(model, 'Champion').version}",
        ),
        (f"see job {training}", "REST", ALLOWED, lambda: f"job {next(iter(client.jobs.list(name=training))).job_id}"),
        (f"append to {predictions}", "DataFrame", REFUSED, lambda: _append(spark, predictions, key)),
        (f"new table beside {predictions}", "DataFrame", REFUSED, lambda: _append(spark, f"{predictions}_mine", key)),
        (f"DELETE FROM {predictions}", "SQL", REFUSED, lambda: spark.sql(f"DELETE FROM {predictions}").collect()),
        (f"UPDATE {source}", "SQL", REFUSED, lambda: spark.sql(f"UPDATE {source} SET {value} = NULL").collect()),
        (f"DROP TABLE {source}", "SQL", REFUSED, lambda: spark.sql(f"DROP TABLE {source}").collect()),
        (
            f"upload to {landing}",
            "Files API",
            REFUSED,
            lambda: client.files.upload(f"{landing}/{contract.folder}/x.csv", io.BytesIO(b"x")),
        ),
        (f"delete {predictions}", "REST", REFUSED, lambda: client.tables.delete(predictions)),
        (f"take MODIFY on {predictions}", "REST", REFUSED, lambda: _grant_oneself(client, predictions)),
        (
            f"move alias Champion of {model}",
            "REST",
            REFUSED,
            lambda: client.registered_models.set_alias(model, "Champion", 1),
        ),
        (f"approve version 1 of {model}", "REST", REFUSED, lambda: _approve(client, model)),
        (f"run {training}", "REST", REFUSED, lambda: _run_job(stage, training)),
    ]


def _as_nobody(stage: Stage) -> list[Try]:
    host = stage.platform.host(stage.environment.name)
    source = names.source_table(stage.environment, stage.model, stage.model.label_table)
    return [
        (f"see {source}", "REST", REFUSED, lambda: _bare_get(f"{host}/api/2.1/unity-catalog/tables/{source}")),
        ("list jobs", "REST", REFUSED, lambda: _bare_get(f"{host}/api/2.2/jobs/list")),
    ]


def _tried(who: str, what: str, how: str, expected: str, action: Callable[[], Any]) -> Attempt:
    try:
        answer = action()
    except (DatabricksError, PySparkException, PermissionError) as error:
        message = str(error).strip().splitlines()[0][:400]
        refused = any(sign in str(error) for sign in _REFUSALS) or isinstance(error, PermissionError)
        return Attempt(who, what, how, expected, REFUSED if refused else f"failed: {type(error).__name__}", message)
    return Attempt(who, what, how, expected, ALLOWED, "" if answer is None else str(answer))


def _scalar(spark: SparkSession, query: str) -> Any:
    return spark.sql(query).collect()[0][0]


def _append(spark: SparkSession, table: str, key: str) -> None:
    spark.range(1).selectExpr(f"cast(id as string) as {key}").write.mode("append").saveAsTable(table)


def _grant_oneself(client: WorkspaceClient, table: str) -> None:
    change = catalog.PermissionsChange(principal=DATA_SCIENTIST, add=[catalog.Privilege.MODIFY])
    client.grants.update("table", table, changes=[change])


def _approve(client: WorkspaceClient, model: str) -> None:
    tag = {"name": model, "version": "1", "key": names.APPROVAL, "value": "Approved"}
    client.api_client.do("POST", "/api/2.0/mlflow/unity-catalog/model-versions/set-tag", body=tag)


def _run_job(stage: Stage, name: str) -> None:
    admin = stage.platform.client(stage.environment.name)
    job_id = next(iter(admin.jobs.list(name=name))).job_id
    assert job_id is not None
    stage.inside.jobs.run_now(job_id)


def _bare_get(url: str) -> str:
    answer = httpx.get(url, timeout=10)
    if answer.status_code in {401, 403}:
        raise PermissionError(f"{answer.status_code} {answer.json()['error_code']}: {answer.json()['message']}")
    return f"status {answer.status_code}"
