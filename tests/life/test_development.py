"""What data scientists work on in dev: a snapshot of prod, a report of its data, baselines that run again, a search.

Before the tests of the release, which destroy dev at their end.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml
from databricks.sdk.service import compute, jobs
from mlflow import MlflowClient
from mlflow.entities import Run

from environments import names
from environments.metrics import MORE_IS_BETTER
from environments.settings import Model, load_environment, load_model
from pipelines.tables import delta_version
from rehearsal.play.people import DATA_SCIENTIST
from tests.rehearsal.checkout import Checkout
from tests.rehearsal.jobs_support import ended, started

MODEL, BIKES = load_model("flight_delay"), load_model("bike_demand")
DEV, PROD = load_environment("dev"), load_environment("prod")
COPIED = MODEL.snapshot.tables if MODEL.snapshot else {}
pytestmark = pytest.mark.timeout(1200)


def outcome(checkout: Checkout, run_id: int) -> dict[str, str]:
    """What became of each task of a run in dev, once it has ended."""
    return {task: told.strip() for task, told in ended(checkout.admin("dev"), run_id).items()}


def run_job(checkout: Checkout, purpose: str, only: list[str] | None = None, model: Model = MODEL) -> dict[str, str]:
    """Run a job of dev, as a data scientist may."""
    return outcome(checkout, started(checkout.scientist("dev"), names.job(DEV, model, purpose), only))


def versions(checkout: Checkout) -> dict[str, int]:
    """The newest Delta version of each of dev's tables that are copies."""
    spark = checkout.spark(DATA_SCIENTIST, "dev")
    tables = [names.copied_table(DEV, MODEL, name) for name in COPIED]
    return {table: delta_version(spark, table) for table in tables}


def logged(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, query: str, model: Model = MODEL
) -> tuple[MlflowClient, list[Run]]:
    """MLflow as the data scientist has it in dev, and the runs that the query finds there, newest first."""
    monkeypatch.setenv("DATABRICKS_AUTH_TYPE", "pat")
    monkeypatch.setenv("DATABRICKS_HOST", checkout.local.host("dev"))
    monkeypatch.setenv("DATABRICKS_TOKEN", checkout.local.token_of(DATA_SCIENTIST))
    client = MlflowClient("databricks", "databricks-uc")
    experiment = client.get_experiment_by_name(names.experiment(DEV, model))
    assert experiment is not None
    return client, list(client.search_runs([experiment.experiment_id], query))


def text(checkout: Checkout, client: MlflowClient, run: Run, artifact: str) -> str:
    """An artifact of a run."""
    folder = checkout.root / ".understudy" / run.info.run_id
    folder.mkdir(exist_ok=True)
    return Path(client.download_artifacts(run.info.run_id, artifact, str(folder))).read_text(encoding="utf-8")


def test_the_snapshot_copies_prod_in_part_and_masked(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_job(checkout, "snapshot") == {"copy": "SUCCESS"}
    spark = checkout.spark(DATA_SCIENTIST, "dev")
    for name, settings in COPIED.items():
        theirs, ours = (spark.table(names.copied_table(place, MODEL, name)) for place in (PROD, DEV))
        assert ours.count() == pytest.approx(theirs.count() * settings.sample, rel=0.1)
    flights, planes = (spark.table(names.source_table(DEV, MODEL, name)) for name in ("flights", "planes"))
    known = spark.table(names.source_table(PROD, MODEL, "planes")).select("tailnum")
    assert planes.join(known, "tailnum").count() == flights.join(known, "tailnum").count() == 0
    assert planes.join(flights.select("tailnum").distinct(), "tailnum").count() > 1000
    predictions = spark.table(names.prediction_table(DEV, MODEL))
    assert predictions.join(flights, "flight_id").count() == predictions.count() > 0

    _, (run, *_) = logged(checkout, monkeypatch, "tags.kind = 'snapshot'")
    assert {entry.dataset.name for entry in run.inputs.dataset_inputs} == {
        names.copied_table(PROD, MODEL, name) for name in COPIED
    }


def test_a_second_snapshot_writes_only_what_is_not_the_copy_any_more(checkout: Checkout) -> None:
    before = versions(checkout)
    assert run_job(checkout, "snapshot") == {"copy": "SUCCESS"}
    assert versions(checkout) == before
    airports = names.source_table(DEV, MODEL, "airports")
    spark = checkout.spark(DATA_SCIENTIST, "dev")
    rows = spark.table(airports).count()
    spark.sql(f"DELETE FROM {airports} WHERE faa = 'JFK'").collect()
    assert run_job(checkout, "snapshot") == {"copy": "SUCCESS"}
    assert spark.table(airports).count() == rows
    assert {table for table, version in versions(checkout).items() if version != before[table]} == {airports}


def test_exploration_leaves_a_report_and_trials(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_job(checkout, "data", only=["features"]) == {"features": "SUCCESS"}
    assert run_job(checkout, "exploration") == {"baseline": "SUCCESS", "profile": "SUCCESS"}
    client, runs = logged(checkout, monkeypatch, "tags.kind = 'exploration'")
    profile, baseline = sorted(runs[:2], key=lambda run: "trials" in run.data.metrics)
    page = text(checkout, client, profile, "profile.html")
    assert "route_late_rate" in page and "late" in page
    assert {entry.dataset.name for entry in profile.inputs.dataset_inputs} >= {
        names.source_table(DEV, MODEL, "flights")
    }

    _, trials = logged(checkout, monkeypatch, f"tags.mlflow.parentRunId = '{baseline.info.run_id}'")
    assert 1 <= len(trials) == baseline.data.metrics["trials"] <= MODEL.exploration.trials
    values = {trial.info.run_id: trial.data.metrics["roc_auc"] for trial in trials}
    assert values[baseline.data.tags["best_trial"]] == max(values.values()) > 0.55
    table = names.exploration_table(DEV, MODEL)
    scripts = [text(checkout, client, trial, "trial.py") for trial in trials]
    assert all(f"TABLE, VERSION = '{table}', " in script for script in scripts)
    assert {"trials.csv", "trials.png"} <= {found.path for found in client.list_artifacts(baseline.info.run_id)}


def test_a_trials_script_runs_by_itself_and_comes_to_the_same(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, (trial, *_) = logged(checkout, monkeypatch, "tags.kind = 'trial' AND tags.best = 'true'")
    path = f"{names.landing_path(DEV, MODEL)}/trial.py"
    scientist = checkout.scientist("dev")
    scientist.files.upload(path, io.BytesIO(text(checkout, client, trial, "trial.py").encode()), overwrite=True)
    submitted = scientist.jobs.submit(
        run_name="trial again",
        tasks=[jobs.SubmitTask("again", spark_python_task=jobs.SparkPythonTask(path), environment_key="default")],
        environments=[jobs.JobEnvironment("default", compute.Environment(environment_version="4"))],
    )
    assert outcome(checkout, submitted.run_id) == {"again": "SUCCESS"}
    scientist.files.delete(path)
    _, (again,) = logged(checkout, monkeypatch, f"tags.trial_of = '{trial.info.run_id}'")
    assert again.data.metrics["roc_auc"] == pytest.approx(trial.data.metrics["roc_auc"], abs=1e-9)


def test_the_other_model_is_copied_and_explored_too(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_job(checkout, "snapshot", model=BIKES) == {"copy": "SUCCESS"}
    assert run_job(checkout, "data", only=["features"], model=BIKES) == {"features": "SUCCESS"}
    assert run_job(checkout, "exploration", model=BIKES) == {"baseline": "SUCCESS", "profile": "SUCCESS"}
    rides = checkout.spark(DATA_SCIENTIST, "dev").table(names.source_table(DEV, BIKES, "rides"))
    assert rides.where("casual is not null or registered is not null").count() == 0 < rides.count()
    _, (best, *_) = logged(checkout, monkeypatch, "tags.kind = 'trial' AND tags.best = 'true'", BIKES)
    assert best.data.metrics[BIKES.training.metric] > 0


@pytest.mark.parametrize("model", [MODEL, BIKES], ids=lambda model: model.name)
def test_training_in_dev_searches_and_measures_prods_champion_on_the_same_rows(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    states = run_job(checkout, "training", only=["train"], model=model)
    assert states == {"train": "SUCCESS"}
    client, (run, *_) = logged(checkout, monkeypatch, "tags.kind = 'training'", model)
    _, trials = logged(checkout, monkeypatch, f"tags.mlflow.parentRunId = '{run.info.run_id}'", model)
    metric, tuning = model.training.metric, model.training.tuning
    assert len(trials) == DEV.overrides.tuning_trials and tuning
    tried = {trial.info.run_name: trial.data.metrics[f"validation_{metric}"] for trial in trials}
    best = (max if model.more_is_better(metric) else min)(tried, key=lambda name: tried[name])
    (chosen,) = yaml.safe_load(text(checkout, client, run, "chosen.yaml"))["algorithms"].items()
    (params,) = [trial.data.params for trial in trials if trial.info.run_name == best]
    assert params == {"algorithm": chosen[0], **{name: str(value) for name, value in chosen[1].items()}}
    assert params.items() <= run.data.params.items()
    champion = checkout.scientist("dev").model_versions.get_by_alias(names.registered_model(PROD, model), "Champion")
    assert run.data.tags["prod_champion"] == f"models:/{names.registered_model(PROD, model)}/{champion.version}"
    assert run.data.metrics.keys() >= {
        f"prod_champion_{name}" for name in (*MORE_IS_BETTER[model.problem], *model.metrics)
    }


def test_dev_may_not_write_to_prod(checkout: Checkout) -> None:
    """Its jobs hold nothing there that writes; its workspace is bound read-only besides."""
    grants = checkout.admin("prod").grants.get("catalog", PROD.catalog).privilege_assignments or []
    jobs_of_dev = checkout.application_id("dev", names.service_principal(DEV))
    (held,) = [grant.privileges for grant in grants if grant.principal == jobs_of_dev]
    assert [privilege.value for privilege in held or []] == ["USE_CATALOG"]
