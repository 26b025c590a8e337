"""The whole release on the local workspace: every row that the rehearsal claims, then everything that may go wrong.

The tests build on each other, in this order; destroying staging is the last.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import time
from collections.abc import Sequence
from itertools import product

import httpx
import pytest
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import catalog
from pyspark.errors import PySparkException

from environments import names
from environments.settings import ENVIRONMENTS, Model, load_account, load_environment, load_model
from pipelines.tables import delta_version
from rehearsal.play.people import DATA_SCIENTIST
from rehearsal.spark_session import open_session
from tests.rehearsal.checkout import ROOT, Checkout
from tests.rehearsal.jobs_support import run_job

MODEL = load_model("flight_delay")  # what may go wrong is tried on one of them
STAGING, PROD = load_environment("staging"), load_environment("prod")
pytestmark = pytest.mark.timeout(1200)


def counts(checkout: Checkout, models: Sequence[Model]) -> dict[str, int]:
    """Rows of staging's and prod's tables, as the data scientist reads them from dev."""
    spark = checkout.spark(DATA_SCIENTIST, "dev")
    tables = []
    for env, model in product((STAGING, PROD), models):
        tables += [names.source_table(env, model, table) for table in model.sources.tables]
        tables += [names.feature_table(env, model, table) for table in model.feature_tables]
        tables += [names.prediction_table(env, model)]
    return {table: spark.table(table).count() for table in tables}


def test_rehearse_passes_and_the_report_shows_everything(checkout: Checkout, models: list[Model]) -> None:
    assert checkout.status == 0, checkout.output[-4000:]
    for said in (
        "cdktf deploy account",
        "cdktf deploy dev staging",
        "cdktf deploy prod",
        "predictions of flight_delay in the sinks of prod",
        "access check in prod",
        "passed in",
    ):
        assert said in checkout.output
    report = re.sub(r"<[^>]+>", " ", checkout.report)
    for environment, model in product((STAGING, PROD), models):
        assert names.prediction_table(environment, model) in report
        for purpose in ("data", "training", "batch-inference"):
            assert names.job(environment, model, purpose) in report
        assert names.endpoint(environment, model) in report
    for model in models:
        assert model.training.metric in report and all(metric in report for metric in model.metrics)
    for shown in ("PASSED", "databricks_grants", "predictions", "dana@example.com", "refused"):
        assert shown in report
    assert "data:image/png;base64," in checkout.report


def test_providers_come_from_the_checkout_and_no_cache_of_the_user(checkout: Checkout) -> None:
    stacks = checkout.root / "cdktf.out" / "stacks"
    installed = list(stacks.glob("*/.terraform*/providers/*/databricks/databricks/*/*"))
    assert len(installed) >= 7
    for provider in installed:
        assert not provider.is_symlink() or provider.readlink().is_relative_to(ROOT / ".understudy"), (
            provider.readlink()
        )


def test_tables_models_and_runs_are_what_the_report_says(checkout: Checkout, models: list[Model]) -> None:
    rows = counts(checkout, models)
    assert all(rows.values()), rows
    admin = checkout.admin("prod")
    for model in models:
        name = names.registered_model(PROD, model)
        version = checkout.scientist("prod").model_versions.get_by_alias(name, "Champion")
        endpoint = admin.serving_endpoints.get(names.endpoint(PROD, model))
        assert endpoint.config and endpoint.config.served_entities
        assert endpoint.config.served_entities[0].entity_version == str(version.version)
        assert version.run_id


@pytest.mark.trial  # of a model that only `--every-model` lives
def test_predicted_amounts_are_of_the_size_of_the_true_ones(checkout: Checkout) -> None:
    spark, bikes = checkout.spark(DATA_SCIENTIST, "dev"), load_model("bike_demand")
    predictions = spark.table(names.prediction_table(PROD, bikes))
    truth = spark.table(names.source_table(PROD, bikes, "rides"))
    joined = predictions.join(truth, "hour_id").selectExpr(
        "avg(predicted_bikers) AS said", "avg(bikers) AS were", "corr(predicted_bikers, bikers) AS alike"
    )
    (row,) = joined.collect()
    assert row.said == pytest.approx(row.were, rel=0.3) and row.alike > 0.8, row


def test_features_carry_primary_keys(checkout: Checkout, models: list[Model]) -> None:
    tables = [(model, table, contract) for model in models for table, contract in model.feature_tables.items()]
    for model, table, contract in tables:
        info = checkout.scientist("dev").tables.get(names.feature_table(STAGING, model, table))
        keys = [constraint.primary_key_constraint for constraint in info.table_constraints or []]
        assert [key.child_columns for key in keys if key] == [list(contract.primary_key)]


def test_batch_inference_twice_writes_the_same_rows(checkout: Checkout, models: list[Model]) -> None:
    before = counts(checkout, models)
    for model in models:
        states = run_job(checkout, STAGING, model, "batch-inference")
        assert states["score"].startswith("SUCCESS"), states
    assert counts(checkout, models) == before


def test_a_second_plan_changes_nothing_and_a_grant_by_hand_is_drift(checkout: Checkout) -> None:
    checkout.plan("account", *ENVIRONMENTS, status=0)
    admin, schema = checkout.admin("staging"), f"staging.{MODEL.schema_name}"
    held = admin.grants.get("schema", schema, principal="data-scientists")
    change = catalog.PermissionsChange(principal="data-scientists", add=[catalog.Privilege.MODIFY])
    admin.grants.update("schema", schema, changes=[change])
    drift = checkout.plan("staging", status=2)
    assert all(shown in drift for shown in ("databricks_grants", "data-scientists", "MODIFY"))
    checkout.cdktf("deploy", "staging", "--skip-synth", "--auto-approve")
    assert admin.grants.get("schema", schema, principal="data-scientists") == held


def test_a_data_scientist_reads_prod_and_writes_nothing_there(checkout: Checkout) -> None:
    spark, client = checkout.spark(DATA_SCIENTIST, "dev"), checkout.scientist("prod")
    predictions = names.prediction_table(PROD, MODEL)
    assert spark.table(predictions).count() > 0
    rows = spark.range(1).selectExpr("cast(id as string) as flight_id")
    for write in (
        lambda: rows.write.mode("append").saveAsTable(predictions),
        lambda: rows.write.mode("overwrite").insertInto(predictions),
        lambda: rows.writeTo(predictions).append(),
        lambda: rows.write.saveAsTable("prod.flight_delay.hers"),
        lambda: spark.sql(f"DELETE FROM {predictions}").collect(),
        lambda: spark.sql(f"INSERT INTO {predictions} (flight_id) VALUES ('x')").collect(),
        lambda: spark.sql("CREATE TABLE prod.flights.hers (a INT)").collect(),
    ):
        with pytest.raises(PySparkException, match=r"INSUFFICIENT_PERMISSIONS|PERMISSION_DENIED"):
            write()
    for request in (
        lambda: client.files.upload(f"{names.landing_path(PROD, MODEL)}/flights/x.csv", io.BytesIO(b"x")),
        lambda: client.tables.delete(predictions),
        lambda: client.registered_models.set_alias(names.registered_model(PROD, MODEL), "Champion", 1),
        lambda: client.serving_endpoints.delete(names.endpoint(PROD, MODEL)),
    ):
        with pytest.raises(DatabricksError, match=r"(?i)permission|does not have"):
            request()


def test_in_dev_a_data_scientist_reads_and_writes(checkout: Checkout) -> None:
    spark, table = checkout.spark(DATA_SCIENTIST, "dev"), f"dev.{MODEL.schema_name}.trial"
    source = spark.table(names.prediction_table(PROD, MODEL)).select("flight_id", "probability_late").limit(10)
    source.write.saveAsTable(table)
    spark.sql(f"UPDATE {table} SET probability_late = 0.5").collect()
    assert spark.table(table).where("probability_late = 0.5").count() == 10
    landing = f"/Volumes/dev/{MODEL.sources.schema_name}/{MODEL.sources.landing_volume}/hers.csv"
    client = checkout.scientist("dev")
    client.files.upload(landing, io.BytesIO(b"a,b"))
    assert client.files.download(landing).contents.read() == b"a,b"
    assert client.grants.get_effective("catalog", "dev", principal="data-scientists").privilege_assignments


def test_without_a_token_everything_is_refused(checkout: Checkout) -> None:
    for workspace in ("dev", "staging", "prod"):
        for path in ("/api/2.1/unity-catalog/catalogs", "/api/2.2/jobs/list", "/api/2.0/serving-endpoints"):
            assert httpx.get(checkout.local.host(workspace) + path).status_code == 401
    wrong = checkout.local.spark_url("prod", "dapi-wrong")
    for url in (wrong, wrong.partition("/;token=")[0]):
        with pytest.raises(PySparkException, match=r"Invalid access token|Credential was not sent"):
            open_session(url).range(1).count()


def newest_versions(checkout: Checkout) -> dict[str, int]:
    """The newest Delta version of staging's bronze and feature tables and of the ledger."""
    spark = checkout.spark(DATA_SCIENTIST, "dev")
    tables = [names.source_table(STAGING, MODEL, table) for table in MODEL.sources.tables]
    tables += [names.feature_table(STAGING, MODEL, table) for table in MODEL.feature_tables]
    tables += [names.ledger_table(STAGING, MODEL)]
    return {table: delta_version(spark, table) for table in tables}


@pytest.mark.trial
def test_only_new_and_changed_files_are_ingested_and_only_their_features_computed(checkout: Checkout) -> None:
    client, spark = checkout.feed("staging"), checkout.spark(DATA_SCIENTIST, "dev")
    planes = names.source_table(STAGING, MODEL, "planes")
    made_of_planes = names.feature_table(STAGING, MODEL, "plane_features")
    late = f"{names.landing_path(STAGING, MODEL)}/planes/0-late.csv"
    header = "tailnum,year,type,manufacturer,model,engines,seats,speed,engine"
    before = newest_versions(checkout)
    assert set(run_job(checkout, STAGING, MODEL, "data").values()) == {"SUCCESS "}
    assert newest_versions(checkout) == before
    try:
        for seats in (55, 66):  # lands late, with a name before the others', and is then sent again
            content = f"{header}\nN-LATE,1999,x,y,z,2,{seats},NA,e\n".encode()
            client.files.upload(late, io.BytesIO(content), overwrite=True)
            assert set(run_job(checkout, STAGING, MODEL, "data").values()) == {"SUCCESS "}
            rows = spark.table(made_of_planes).where("tailnum = 'N-LATE'").collect()
            assert [row["plane_seats"] for row in rows] == [seats]
    finally:
        client.files.delete(late)
    after = newest_versions(checkout)
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {planes, made_of_planes, names.ledger_table(STAGING, MODEL)}


@pytest.mark.trial
def test_a_source_file_with_a_missing_column_changes_no_table(checkout: Checkout, models: list[Model]) -> None:
    before = counts(checkout, models)
    bad = f"{names.landing_path(STAGING, MODEL)}/weather/weather-2013-99.csv"
    client = checkout.feed("staging")
    writer = checkout.application_id("staging", names.service_principal(STAGING))
    client.files.upload(bad, io.BytesIO(b"origin,year,month,day,hour,time_hour\nJFK,2013,1,1,1,2013-01-01T06:00:00Z\n"))
    try:
        states = run_job(checkout, STAGING, MODEL, "data")
        assert states["ingest"].startswith("FAILED")
        assert "weather-2013-99.csv" in states["ingest"] and "temp" in states["ingest"], states["ingest"]
        assert states["features"].startswith("UPSTREAM_FAILED")
    finally:
        client.files.delete(bad)
    assert counts(checkout, models) == before
    assert writer


def test_a_model_uri_that_does_not_exist_is_told_and_changes_nothing(checkout: Checkout) -> None:
    client, name = checkout.scientist("dev"), names.registered_model(STAGING, MODEL)
    before = [version.as_dict() for version in client.model_versions.list(name)]
    states = run_job(checkout, STAGING, MODEL, "training", only=["validate"], **{"model-uri": f"models:/{name}/999"})
    assert states["validate"].startswith("FAILED")
    assert f"models:/{name}/999" in states["validate"], states["validate"]
    assert [version.as_dict() for version in client.model_versions.list(name)] == before


def test_the_endpoint_names_the_column_of_a_wrong_type(checkout: Checkout) -> None:
    endpoint = names.endpoint(STAGING, MODEL)
    token = checkout.admin("staging").config.token
    url = f"{checkout.local.host('staging')}/serving-endpoints/{endpoint}/invocations"
    records = {"dataframe_records": [{"carrier": "UA", "origin": "EWR", "dest": "IAH", "distance": "far"}]}
    answer = httpx.post(url, json=records, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "BAD_REQUEST"
    assert "Traceback" not in answer.text


@pytest.mark.trial
def test_killed_and_started_again_the_workspace_has_everything(checkout: Checkout, models: list[Model]) -> None:
    before, local = counts(checkout, models), checkout.local
    pid = local.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    while local.pid() is not None:
        time.sleep(0.1)
    local.start(load_account().metastore_id)
    assert counts(checkout, models) == before
    admin = checkout.admin("prod")
    assert next(iter(admin.jobs.list(name=names.job(PROD, MODEL, "training"))), None)
    assert checkout.scientist("prod").model_versions.get_by_alias(names.registered_model(PROD, MODEL), "Champion")
    endpoint = names.endpoint(PROD, MODEL)
    deadline = time.monotonic() + 60
    while str(admin.serving_endpoints.get(endpoint).state.ready) != "EndpointStateReady.READY":
        assert time.monotonic() < deadline, "the endpoint did not come back"
        time.sleep(0.5)


@pytest.mark.trial
def test_training_again_compares_with_the_champion(checkout: Checkout) -> None:
    states = run_job(checkout, STAGING, MODEL, "training")
    assert all(state.startswith("SUCCESS") for state in states.values()), states
    assert set(states) == {"guard", "proceed", "train", "validate", "deploy"}


@pytest.mark.trial  # of the true prod; of a small stack in tests/infra
def test_terraform_refuses_to_destroy_prod(checkout: Checkout) -> None:
    refused = checkout.cdktf("destroy", "prod", "--skip-synth", "--auto-approve", status=1)
    assert "Instance cannot be destroyed" in refused and "prevent_destroy" in refused
    assert checkout.spark(DATA_SCIENTIST, "dev").table(names.prediction_table(PROD, MODEL)).count() > 0


def test_destroy_leaves_nothing_of_staging_and_dev(checkout: Checkout) -> None:
    checkout.cdktf("destroy", "staging", "dev", "--skip-synth", "--auto-approve")
    for environment in (STAGING, load_environment("dev")):
        admin = checkout.admin(environment.name)
        assert environment.name not in {found.name for found in admin.catalogs.list()}
        assert not [job for job in admin.jobs.list()]
        assert not [endpoint for endpoint in admin.serving_endpoints.list()]
        assert not [warehouse for warehouse in admin.warehouses.list()]
        assert not [policy for policy in admin.cluster_policies.list()]
        assert not [alert for alert in admin.alerts_v2.list_alerts()]
        assert not [dashboard for dashboard in admin.lakeview.list()]
        assert not [scope for scope in admin.secrets.list_scopes()]
    checkout.cdktf("destroy", "staging-workspace", "dev-workspace", "--skip-synth", "--auto-approve")
    for environment in (STAGING, load_environment("dev")):
        state = json.loads((checkout.local.terraform_state / f"{environment.name}-workspace.tfstate").read_text())
        assert state["resources"] == []
        assert not (checkout.local.home / "storage" / "azure" / environment.azure.storage_account).exists()
    assert checkout.spark(DATA_SCIENTIST, "prod").table(names.prediction_table(PROD, MODEL)).count() > 0
