"""A whole version is validated: registered in a real MLflow registry, checked, and written on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from environments import names
from pipelines.errors import PipelineError
from pipelines.registry import CHALLENGER, CHAMPION, FAILED, PASSED, PENDING, STATUS, version_with_alias
from pipelines.validation.annotate import TAG_LENGTH, begin, finish
from pipelines.validation.checks import Check
from pipelines.validation.every import OF_FILES, OF_MODEL, OF_ROWS, OF_SCORES, every_check
from pipelines.validation.report import reasons
from tests.unit.pipelines.mlflow_store import mlflow_store
from tests.unit.pipelines.small_models import DEV, MODEL, NAME, Wanted, flights, rain, register, signature, task_of

ROWS = flights()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowClient]:
    """MLflow's own store in a folder."""
    with mlflow_store(tmp_path_factory.mktemp("mlflow"), names.experiment(DEV, MODEL)):
        client = MlflowClient()
        client.create_registered_model(NAME)
        yield client


def failures(client: MlflowClient, version: ModelVersion) -> dict[str, str]:
    """Failed checks, each with what was found."""
    checks = every_check(task_of(version), version, client, lambda: ROWS)
    return {check.name: check.found for check in checks if not check.passed}


def test_a_good_version_passes_every_check(registry: MlflowClient, tmp_path: Path) -> None:
    version = register(tmp_path, Wanted())
    checks = every_check(task_of(version), version, registry, lambda: ROWS)
    assert [str(check) for check in checks if not check.passed] == []
    told = {check.name for check in checks}
    assert {"required_tags", "tag_risk_class", "document_model_card.md", "look_ups", "requirements"} <= told
    assert {"signature_types", "latency", "missing_each", "missing_all", "missing_quality", "scores"} <= told
    assert {"held_out", "slice_carrier_B6", "fairness_origin", "mean_probability"} <= told


def other_signature(*columns: ColSpec, output: str = "probability") -> ModelSignature:
    """The good signature with columns in place of those of the same name or added."""
    inputs = {column.name: column for column in (*signature().inputs, *columns)}
    return ModelSignature(Schema(list(inputs.values())), Schema([ColSpec(DataType.double, output)]))


def nowhere(rows: pd.DataFrame) -> pd.DataFrame:
    """Says NaN of each row."""
    return pd.DataFrame({"probability": np.full(len(rows), np.nan)})


def late_is_rare(rows: pd.DataFrame) -> pd.DataFrame:
    """Says the opposite of what it should."""
    return 1 - rain(rows)


BAD = {
    "required_tags": (Wanted(tags={"risk_class": "low"}), "no owner"),
    "tag_risk_class": (Wanted(tags={**MODEL.tags, "risk_class": "unacceptable"}), "unacceptable"),
    "description": (Wanted(description="## Validation of before"), "none"),
    "run": (Wanted(run_tags={}), "without that tag"),
    "inputs": (Wanted(linked=("dev.flights.flights",)), "no dev.flight_delay.weather_features"),
    "document_model_card.md": (Wanted(documents={"model_card.md": "", "shap_summary.png": "p"}), "0 bytes"),
    "document_shap_summary.png": (Wanted(documents={"model_card.md": "# It"}), "no such artifact"),
    "requirements": (Wanted(raw={"pip_requirements": ["mlflow==3.14.0", "pandas>=2", "numpy==2.*"]}), "pandas>=2"),
    "look_ups": (Wanted(packed=False), "a model alone"),
    "signature_inputs": (Wanted(signature=other_signature(ColSpec(DataType.double, "temp"))), "also required temp"),
    "signature_outputs": (Wanted(signature=other_signature(output="score")), "score (double)"),
    "signature_types": (Wanted(signature=other_signature(ColSpec(DataType.long, "distance"))), "distance"),
    "scores": (Wanted(answer=nowhere), "no finite number"),
    "held_out": (Wanted(answer=late_is_rare), "roc_auc 0."),
}


@pytest.mark.parametrize("check", BAD)
def test_a_bad_version_fails_with_the_reason(registry: MlflowClient, tmp_path: Path, check: str) -> None:
    wanted, found = BAD[check]
    failed = failures(registry, register(tmp_path, wanted))
    assert found in failed[check], failed


def test_what_a_finding_keeps_from_being_run_fails_too(registry: MlflowClient, tmp_path: Path) -> None:
    silent = failures(registry, register(tmp_path, Wanted(answer=nowhere)))
    assert {silent[name] for name in OF_SCORES} == {"nothing, as it was not run"}
    good = register(tmp_path / "again", Wanted())

    def no_rows() -> pd.DataFrame:
        raise PipelineError("MLflow run 1", "no parameter held_out_start", "a run of the training stage")

    checks = {check.name: check for check in every_check(task_of(good), good, registry, no_rows)}
    assert "held_out_start" in checks["held_out_rows"].found
    assert checks["latency"].expected == "held_out_rows to pass first"
    assert not any(checks[name].passed for name in OF_ROWS)
    assert set(OF_ROWS) < set(OF_MODEL) < set(OF_FILES)
    assert reasons(list(checks.values())).startswith("held_out_rows failed: found MLflow run 1: found no parameter")
    assert reasons(list(checks.values())).endswith(
        "; not run: signature_types, latency, missing_features, scores, held_out, slices, fairness, own_checks"
    )
    one_label = {check.name: check for check in every_check(task_of(good), good, registry, lambda: ROWS.assign(late=0))}
    assert not one_label["held_out_rows"].passed


def test_a_version_that_does_not_load_fails(registry: MlflowClient, tmp_path: Path) -> None:
    version = register(tmp_path, Wanted())
    files = Path(mlflow.artifacts.download_artifacts(f"models:/{NAME}/{version.version}"))
    (pickled,) = (files / "data" / "feature_store" / "raw_model").glob("*.pkl")
    pickled.write_bytes(b"cno_such_library\nx\n.")
    failed = failures(registry, version)
    assert "no_such_library" in failed["loads"]
    assert set(OF_MODEL) <= set(failed)


def test_files_that_are_no_model_fail(registry: MlflowClient, tmp_path: Path) -> None:
    version = register(tmp_path, Wanted())
    Path(mlflow.artifacts.download_artifacts(f"models:/{NAME}/{version.version}"), "MLmodel").write_text("a: [")
    failed = failures(registry, version)
    assert failed["format"].startswith("ParserError: ")
    assert set(OF_FILES) <= set(failed)


def test_the_outcome_is_written_on_the_version_and_in_a_run(registry: MlflowClient, tmp_path: Path) -> None:
    version, task = register(tmp_path, Wanted()), task_of(registry.get_model_version(NAME, "1"))
    registry.set_registered_model_alias(NAME, CHALLENGER, version.version)
    registry.set_registered_model_alias(NAME, CHAMPION, version.version)
    begin(registry, version)
    assert registry.get_model_version(NAME, version.version).tags[STATUS] == PENDING
    bad = [Check("held out", True, "a", "b", 0.5), *(Check(f"check_{number}", False, "a", "b") for number in range(90))]
    finish(task, registry, version, bad)
    failed = registry.get_model_version(NAME, version.version)
    assert failed.tags[STATUS] == FAILED
    assert failed.tags["validation_failed_checks"].startswith("check_0, check_1")
    assert len(failed.tags["validation_failed_checks"]) <= TAG_LENGTH
    assert failed.description.startswith("What it predicts.\n\n## Validation (")
    assert "✗ check_0 failed: found a, expected b" in failed.description
    assert version_with_alias(registry, NAME, CHALLENGER) is None
    assert version_with_alias(registry, NAME, CHAMPION) is not None
    run = registry.get_run(failed.tags["validation_run"])
    assert run.data.metrics == {"held out": 0.5}
    report = json.loads(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/validation.json"))
    assert (report["outcome"], len(report["checks"])) == (FAILED, 91)
    assert "✗ check_0" in mlflow.artifacts.load_text(f"{run.info.artifact_uri}/validation.md")
    finish(task, registry, failed, bad[:1])
    passed = registry.get_model_version(NAME, version.version)
    assert (passed.tags[STATUS], passed.tags["validation_failed_checks"]) == (PASSED, "none")
    assert passed.description.count("## Validation") == 1
    assert "check_0" not in passed.description


def test_what_holds_challenger_keeps_it_when_another_version_fails(registry: MlflowClient, tmp_path: Path) -> None:
    first, second = register(tmp_path / "1", Wanted()), register(tmp_path / "2", Wanted())
    registry.set_registered_model_alias(NAME, CHALLENGER, first.version)
    finish(task_of(second), registry, second, [Check("a", False, "b", "c")])
    holder = version_with_alias(registry, NAME, CHALLENGER)
    assert holder is not None and holder.version == first.version
