"""A data scientist in dev reads all that prod has of its models, whatever it is called, and changes nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.jobs import JobSettings
from databricks.sdk.service.sql import AlertV2
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from environments import names
from environments.settings import load_environment, load_model, model_names
from rehearsal.play.people import DATA_SCIENTIST
from tests.rehearsal.checkout import Checkout

PROD = load_environment("prod")
MODELS = [load_model(name) for name in model_names()]
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def dana(checkout: Checkout) -> WorkspaceClient:
    """Her client of prod's workspace: jobs, runs and alerts are nowhere else."""
    return checkout.scientist("prod")


@pytest.fixture(scope="module")
def spark(checkout: Checkout) -> SparkSession:
    """Her session in dev."""
    return checkout.spark(DATA_SCIENTIST, "dev")


@pytest.fixture(scope="module")
def tables(checkout: Checkout) -> list[str]:
    """All tables of prod that the administrator sees, but online copies, which are read by other ways."""
    admin = checkout.admin("prod")
    schemas = {schema for model in MODELS for schema in (model.schema_name, model.sources.schema_name)}
    found = [table for schema in sorted(schemas) for table in admin.tables.list(PROD.catalog, schema)]
    return [str(table.full_name) for table in found if not str(table.name).endswith("_online")]


def refused(action: Callable[[], Any]) -> bool:
    """Is it refused for want of a privilege, not for any other reason."""
    try:
        action()
    except (DatabricksError, PySparkException) as error:
        assert isinstance(error, PermissionDenied) or "PERMISSION" in str(error) or "does not have" in str(error), error
        return True
    return False


def test_she_reads_every_table_of_prod_and_deletes_from_none(spark: SparkSession, tables: list[str]) -> None:
    expected = {names.inference_log(PROD, model) for model in MODELS} | {
        kind(PROD, model) for model in MODELS for kind in (names.profile_metrics, names.drift_metrics)
    }
    expected |= {names.infrastructure_metrics(PROD, model) for model in MODELS}
    expected |= {kind(PROD, model) for model in MODELS for kind in (names.ledger_table, names.quarantine_table)}
    expected |= {names.inference_table(PROD, model) for model in MODELS}
    assert expected <= set(tables)
    for table in tables:
        assert len(spark.table(table).limit(1).collect()) <= 1
        assert refused(lambda table=table: spark.sql(f"DELETE FROM {table}").collect()), table
        rows = spark.table(table).limit(1)
        assert refused(lambda table=table, rows=rows: rows.write.mode("append").saveAsTable(table)), table


def jobs(client: WorkspaceClient) -> Iterator[Any]:
    """Jobs of the models."""
    wanted = tuple(f"{PROD.name}-{model.name.replace('_', '-')}-" for model in MODELS)
    for job in client.jobs.list():
        if job.settings and str(job.settings.name).startswith(wanted):
            yield job


def test_she_reads_every_run_with_its_logs_and_starts_changes_and_deletes_none(dana: WorkspaceClient) -> None:
    seen, ran = 0, 0
    for job in jobs(dana):
        seen += 1
        for run in dana.jobs.list_runs(job_id=job.job_id, expand_tasks=True):
            ran += 1
            outputs = [dana.jobs.get_run_output(int(task.run_id or 0)) for task in run.tasks or []]
            assert any(output.logs for output in outputs)
            assert refused(lambda run=run: dana.jobs.delete_run(int(run.run_id or 0)))
        assert refused(lambda job=job: dana.jobs.run_now(int(job.job_id or 0)))
        assert refused(lambda job=job: dana.jobs.update(int(job.job_id or 0), new_settings=JobSettings(name="mine")))
    assert seen >= 5 * len(MODELS) and ran >= 4 * len(MODELS)


def test_she_reads_monitors_alerts_and_versions_and_changes_none(dana: WorkspaceClient) -> None:
    alerts = {alert.display_name: alert for alert in dana.alerts_v2.list_alerts()}
    for model in MODELS:
        table = names.inference_log(PROD, model)
        assert dana.quality_monitors.get(table).profile_metrics_table_name == names.profile_metrics(PROD, model)
        assert refused(lambda table=table: dana.quality_monitors.run_refresh(table))
        for name in model.monitoring.alerts:
            alert = alerts[names.alert(PROD, model, name)]
            changed = AlertV2.from_dict({**alert.as_dict(), "query_text": "SELECT 0 AS value"})
            assert refused(lambda alert=alert, changed=changed: dana.alerts_v2.update_alert(alert.id, changed, "*"))
        registered = names.registered_model(PROD, model)
        versions = list(dana.model_versions.list(registered))
        assert versions
        assert refused(lambda name=registered: dana.registered_models.set_alias(name, "Champion", 1))
        assert refused(lambda name=registered: dana.model_versions.delete(name, 1))


def test_she_reads_the_runs_of_mlflow_and_writes_none(dana: WorkspaceClient) -> None:
    for model in MODELS:
        found = dana.experiments.get_by_name(names.experiment(PROD, model)).experiment
        assert found and found.experiment_id
        runs = list(dana.experiments.search_runs(experiment_ids=[found.experiment_id]))
        kinds = {tag.value for run in runs for tag in (run.data.tags if run.data else None) or [] if tag.key == "kind"}
        assert {"training", "validation", "monitoring"} <= kinds
        run_id = next(run.info.run_id for run in runs if run.info)
        assert list(dana.experiments.list_artifacts(run_id=run_id)) is not None
        assert refused(lambda run_id=run_id: dana.experiments.log_metric("mine", 1.0, 0, run_id=run_id))
        assert refused(lambda found=found: dana.experiments.create_run(experiment_id=found.experiment_id))
