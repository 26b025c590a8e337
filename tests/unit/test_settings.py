"""Settings: every mistake gets one message with file, line, key, what was found and what is expected."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from environments.mistakes import exit_on_mistakes
from environments.settings import ENVIRONMENTS, load_environment, load_model, model_names, package_root
from environments.yaml_source import SettingsError

Complain = Callable[..., list[str]]


@pytest.fixture
def complaints(tmp_path: Path) -> Complain:
    """Replace text in a settings file; what is said of the result, one entry a mistake, without the file's path."""

    def change(file: str, *replacements: tuple[str, str], append: str = "") -> list[str]:
        root = tmp_path / "settings"
        shutil.copytree(package_root(), root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        text = (root / f"{file}.yaml").read_text()
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (root / f"{file}.yaml").write_text(text + append)
        with pytest.raises(SettingsError) as raised:
            load_model(file.removeprefix("models/"), root) if "/" in file else load_environment(file, root)
        lines = str(raised.value).splitlines()
        assert all(line.startswith(f"{root / file}.yaml, ") for line in lines)
        return [line.removeprefix(f"{root / file}.yaml, ") for line in lines]

    return change


def test_the_projects_own_settings_are_right() -> None:
    assert [load_environment(name).name for name in ENVIRONMENTS] == list(ENVIRONMENTS)
    assert [load_model(name).name for name in model_names()] == model_names() != []


def test_only_staging_and_prod_are_closed_to_data_scientists() -> None:
    assert {name: load_environment(name).access.data_scientists for name in ENVIRONMENTS} == {
        "dev": "write",
        "staging": "read",
        "prod": "read",
    }


def test_a_misspelt_key_is_told_once_with_the_right_one(complaints: Complain) -> None:
    assert complaints("staging", ("catalog:", "catalogue:")) == [
        "line 2, key catalogue: found an unknown key; expected catalog (did you mean it?)"
    ]


def test_a_strange_key_is_answered_with_those_known(complaints: Complain) -> None:
    (said,) = complaints("staging", ("overrides:", "overrides:\n  zzz: 1"))
    assert said == "line 15, key overrides.zzz: found an unknown key; expected one of subset, boosting_rounds"


def test_a_missing_key_is_named_at_the_mapping_around_it(complaints: Complain) -> None:
    (said,) = complaints("staging", ("  warehouse_size: 2X-Small\n", ""))
    assert said == "line 10, key compute.warehouse_size: found nothing; expected this key, which is required"


def test_every_mistake_of_a_file_is_told_in_its_order(complaints: Complain) -> None:
    said = complaints("staging", ("2X-Small", "Tiny"), ("catalog: staging", "catalog: 9-x"), ("0.2", "1.2"))
    assert [line.partition(":")[0] for line in said] == [
        "line 2, key catalog",
        "line 11, key compute.warehouse_size",
        "line 15, key overrides.subset",
    ]
    assert said[1].endswith("found 'Tiny'; expected one of '2X-Small', 'X-Small', 'Small', 'Medium' or 'Large'")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("job_timeout_minutes: 60", "job_timeout_minutes: soon", "found 'soon'; expected a whole number"),
        ("job_timeout_minutes: 60", "job_timeout_minutes: true", "found the boolean true"),
        ("profile: staging", "profile: no", "found the boolean false (text needs quotes); expected text"),
        ("paused_schedules: true", "paused_schedules: maybe", "found 'maybe'; expected true or false"),
        ("[mlops@example.com]", "[mlops]", "key notify[0]: found 'mlops'; expected text that matches"),
        ("[mlops@example.com]", "mlops@example.com", "found 'mlops@example.com'; expected a list"),
        ("name: staging", "name: prod", "found 'prod'; expected the file's own name, staging"),
    ],
)
def test_a_wrong_value_is_told(complaints: Complain, old: str, new: str, said: str) -> None:
    (line,) = complaints("staging", (old, new))
    assert said in line


def test_a_key_given_twice_is_refused(complaints: Complain) -> None:
    (said,) = complaints("staging", append="name: staging\n")
    assert said.endswith("key name: found the key again, first on line 1; expected it once")


def test_broken_yaml_is_told_with_its_line(complaints: Complain) -> None:
    (said,) = complaints("staging", ("[mlops@example.com]", "[mlops"))
    assert said.startswith("line 20: found a YAML error") or said.startswith("line 21: found a YAML error")


def test_an_alias_of_what_is_around_it_is_refused(complaints: Complain) -> None:
    (said,) = complaints("staging", ("tags:", "tags: &t\n  again: *t"))
    assert "found an alias of a mapping or list around it" in said


def test_a_missing_file_is_answered_with_those_there() -> None:
    with pytest.raises(SettingsError, match="no such file; expected one of those there: dev, prod, staging"):
        load_environment("qa")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("label_table: flights", "label_table: flight", "key label_table: found 'flight'"),
        ("event_time: scheduled_departure", "event_time: departure", "key event_time: found 'departure'"),
        ("primary_key: [faa]", "primary_key: [icao]", "key sources.tables.airports.primary_key[0]: found 'icao'"),
        ("faa: {type: string, nullable: false}", "faa: {type: string}", "expected nullable: false"),
        ("time_key: observed_at", "time_key: seen_at", "key sources.tables.weather.time_key: found 'seen_at'"),
        ("features: [plane_year,", "features: [year,", "key feature_tables.plane_features.features[0]: found 'year'"),
        (
            "lookup_key: [origin]",
            "lookup_key: [origin, dest]",
            "found 2 columns; expected one column for each of origin",
        ),
        ("lookup_key: [origin]", "lookup_key: [airport]", "found 'airport'; expected a column of the label table"),
        ("categorical: [carrier,", "categorical: [airline,", "key categorical[0]: found 'airline'"),
        ("required_tags: [owner,", "required_tags: [steward,", "key validation.required_tags[0]: found 'steward'"),
        ("table: predictions", "table: plane_features", "expected a name that no feature table has"),
        ('training_schedule: "0 0 3 ? * MON"', "training_schedule: daily", "key training_schedule: found 'daily'"),
        ("num_leaves: 63", "num_leaves: [1]", "key training.hyperparameters.num_leaves: found a list"),
    ],
)
def test_parts_of_a_model_that_do_not_fit_are_told(complaints: Complain, old: str, new: str, said: str) -> None:
    lines = complaints("models/flight_delay", (old, new))
    assert len(lines) == 1 and said in lines[0]


def test_entry_points_end_with_status_2_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, exit_on_mistakes():
        load_environment("qa")
    assert ended.value.code == 2
    assert "found no such file" in capsys.readouterr().err


def test_settings_import_nothing_heavy() -> None:
    code = "import sys, environments.names; print({m.partition('.')[0] for m in sys.modules})"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [heavy for heavy in ("pandas", "mlflow", "pyspark", "databricks", "cdktf") if f"'{heavy}'" in output]
