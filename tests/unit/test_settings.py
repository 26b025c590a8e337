"""Settings: every mistake gets one message with file, line, key, what was found and what is expected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from environments.consistency import load_all
from environments.mistakes import SettingsError
from environments.settings import ENVIRONMENTS, load_environment, model_names, package_root
from infra.__main__ import main
from tests.unit.settings_mutations import MUTATIONS, Mutation


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the project's settings, to change."""
    folder = tmp_path / "settings"
    shutil.copytree(package_root(), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def said_of(root: Path) -> list[str]:
    """What is said of the settings, a mistake a line, with the file relative to them."""
    with pytest.raises(SettingsError) as raised:
        load_all(root)
    return [line.removeprefix(f"{root}{os.sep}") for line in str(raised.value).splitlines()]


def change(file: Path, old: str, new: str) -> str:
    text = file.read_text()
    assert old in text
    text = text.replace(old, new)
    file.write_text(text)
    return text


def test_the_projects_own_settings_are_right() -> None:
    settings = load_all()
    assert list(settings.environments) == list(ENVIRONMENTS)
    assert [model.name for model in settings.models] == model_names() != []


def test_only_staging_and_prod_are_closed_to_data_scientists() -> None:
    assert {name: load_environment(name).access.data_scientists for name in ENVIRONMENTS} == {
        "dev": "write",
        "staging": "read",
        "prod": "read",
    }


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_mistake_ends_the_command_with_one_message_and_nothing_written(
    mutation: Mutation,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = root / f"{mutation.file}.yaml"
    text = change(file, mutation.old, mutation.new)
    line = text[: text.index(mutation.at)].count("\n") + 1
    monkeypatch.setenv("UNDERSTUDY_SETTINGS", str(root))
    monkeypatch.setenv("CDKTF_OUTDIR", str(tmp_path / "out"))

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    key = f", key {mutation.key}" if mutation.key else ""
    expected = f"{file}, line {line}{key}: found {mutation.found}; expected {mutation.expected}\n"
    assert capsys.readouterr().err == expected
    assert not (tmp_path / "out").exists()


def test_there_are_mutations_enough() -> None:
    assert len({(m.file, m.old, m.new) for m in MUTATIONS}) == len(MUTATIONS) >= 60


def test_every_mistake_of_a_file_is_told_in_its_order(root: Path) -> None:
    file = root / "staging.yaml"
    for old, new in (("2X-Small", "Tiny"), ("catalog: staging", "catalog: 9-x"), ("0.2", "1.2")):
        change(file, old, new)
    keys = [line.partition(":")[0].partition("key ")[2] for line in said_of(root)]
    assert keys == ["catalog", "compute.warehouse_size", "overrides.subset"]


def test_a_strange_key_is_answered_with_those_known(root: Path) -> None:
    change(root / "staging.yaml", "overrides:", "overrides:\n  zzz: 1")
    (said,) = said_of(root)
    assert said.endswith(
        "key overrides.zzz: found an unknown key; expected one of subset, boosting_rounds, tuning_trials"
    )


def test_keys_of_the_chosen_backend_are_offered(root: Path) -> None:
    state = (
        "backend: azurerm\n  resource_group: rg-understudy-state\n  storage_account: understudystate\n  container: dev"
    )
    change(root / "dev.yaml", state, "backend: local\n  folders: states")
    (said,) = said_of(root)
    assert said.endswith("key state.folders: found an unknown key; expected folder (did you mean it?)")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: found an empty file; expected a mapping of settings"),
        (b"- name\n", "line 1: found a list; expected a mapping"),
        (b"name: \xff\n", "found bytes that are not UTF-8; expected UTF-8 text"),
        (b"name: a\x00b\n", "found a YAML error, unacceptable character"),
    ],
)
def test_a_file_that_is_no_settings_is_told_in_one_line(root: Path, content: bytes, said: str) -> None:
    (root / "dev.yaml").write_bytes(content)
    (line,) = said_of(root)
    assert line.startswith(f"dev.yaml, {said}") or line.startswith(f"dev.yaml: {said}")


def test_files_that_nobody_would_read_are_told(root: Path) -> None:
    (root / "qa.yaml").write_text("name: qa\n")
    (root / "models" / "churn.yml").write_text("name: churn\n")
    assert said_of(root) == [
        "models/churn.yml: found the ending .yml; expected the ending .yaml",
        "qa.yaml: found a file that is not read; expected one of account, dev, prod, staging",
    ]


def another_model(root: Path, *changes: tuple[str, str]) -> Path:
    file = root / "models" / "other.yaml"
    text = (root / "models" / "flight_delay.yaml").read_text().replace("name: flight_delay", "name: other")
    file.write_text(text.replace("{table: flight_delays}", "{table: others}"))
    for old, new in changes:
        change(file, old, new)
    return file


def test_models_that_disagree_on_a_shared_table_are_told(root: Path) -> None:
    file = another_model(
        root, ("\nschema: flight_delay", "\nschema: other"), ("seats: {type: int,", "seats: {type: bigint,")
    )
    line = file.read_text().splitlines().index("    planes:") + 1
    assert said_of(root) == [
        f"models/other.yaml, line {line}, key sources.tables.planes: found another contract than that of "
        "models/flight_delay.yaml; expected the same, as they share the table"
    ]


def test_models_whose_tables_collide_are_told_of_each(root: Path) -> None:
    another_model(root)
    said = said_of(root)
    assert [line.partition(": found ")[0].partition("key ")[2] for line in said] == [
        *(f"feature_tables.{name}" for name in ("weather_features", "route_features", "plane_features")),
        "batch.table",
        *["schema"] * 4,
        *["streaming.table"] * 4,
    ]
    assert "found flight_delay.predictions; expected a table that is not there already, of models/flight_" in said[3]


def test_a_model_that_would_write_a_source_table_of_another_is_told(root: Path) -> None:
    another_model(
        root,
        ("\nschema: flight_delay", "\nschema: flights"),
        ("  schema: flights", "  schema: raw"),
        ("batch:\n  table: predictions", "batch:\n  table: weather"),
        ("    predictions:\n      sample: 0.2\n", ""),
    )
    (said,) = said_of(root)
    assert "key batch.table: found flights.weather; expected a table that is not there already" in said


def test_a_table_of_postgresql_that_another_model_writes_is_told(root: Path) -> None:
    another_model(root, ("\nschema: flight_delay", "\nschema: other"), ("{table: others}", "{table: flight_delays}"))
    (said,) = said_of(root)
    assert "key batch.sinks.jdbc.table: found flight_delays; expected a table that is not there already" in said


def test_a_table_of_postgresql_needs_the_environment_s_database(root: Path) -> None:
    text = (root / "prod.yaml").read_text()
    start = text.index("jdbc:")
    (root / "prod.yaml").write_text(text[:start] + text[text.index("online_store:") :])
    assert said_of(root) == [
        "prod.yaml, line 1, key jdbc: found nothing, and models/flight_delay.yaml writes predictions to PostgreSQL; "
        "expected the database of its tables"
    ]


def test_a_missing_file_is_answered_with_those_there(root: Path) -> None:
    with pytest.raises(SettingsError, match="no such file; expected one of those there: account, dev, prod, staging"):
        load_environment("qa")
    (root / "account.yaml").unlink()
    assert said_of(root) == ["account.yaml: found no such file; expected one of those there: dev, prod, staging"]


def test_an_approval_that_the_job_would_not_wait_for_is_told(root: Path) -> None:
    change(root / "models" / "flight_delay.yaml", "timeout_minutes: 30", "timeout_minutes: 60")
    (said,) = said_of(root)
    assert said.endswith(
        "key promotion.approval.timeout_minutes: found 60; expected less than 60, which prod.yaml gives a run"
    )


def test_metrics_of_models_are_those_that_pipelines_compute() -> None:
    from environments.metrics import MORE_IS_BETTER
    from pipelines.evaluation.metrics import BUILT_IN
    from pipelines.models import load_code

    assert {problem: set(known) for problem, known in MORE_IS_BETTER.items()} == {
        problem: set(computed) for problem, computed in BUILT_IN.items()
    }
    for model in load_all().models:
        assert set(model.metrics) == set(load_code(model.name).METRICS)
        assert set(model.on_demand_features) == set(load_code(model.name).ON_DEMAND)


def test_settings_import_nothing_heavy() -> None:
    code = "import sys, environments.consistency; print({m.partition('.')[0] for m in sys.modules})"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [heavy for heavy in ("pandas", "mlflow", "pyspark", "databricks", "cdktf") if f"'{heavy}'" in output]
