"""Pure decisions: which version a URI names, what a key is, which exit status a stage has."""

from __future__ import annotations

import pytest

from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.features.primary_keys import primary_key
from pipelines.models import load_code
from pipelines.registry import parse_uri
from pipelines.task import run_stage


def test_uri() -> None:
    assert parse_uri("models:/dev.a.m/12", "dev.a.m") == "12"
    for wrong in ("", "models:/dev.a.m@Champion", "models:/prod.a.m/1", "models:/dev.a.m/x", "runs:/1/model"):
        with pytest.raises(PipelineError, match=r"expected models:/dev\.a\.m/<version>"):
            parse_uri(wrong, "dev.a.m")


def test_primary_key_holds_the_time(model: Model) -> None:
    key = primary_key("dev.flight_delay.weather_features", model.feature_tables["weather_features"])
    assert (key.name, key.child_columns) == ("weather_features_pk", ["origin", "available_at"])
    assert key.timeseries_columns == ["available_at"]


def test_a_model_without_code_is_named() -> None:
    with pytest.raises(PipelineError, match=r"a package pipelines\.models\.nothing"):
        load_code("nothing")


def test_bad_settings_exit_2_and_bad_input_1(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_: object) -> None:
        raise PipelineError("table t", "nothing", "rows")

    with pytest.raises(SystemExit) as settings:
        run_stage("training", refuse, ["--environment=moon", "--model=flight_delay"])
    assert settings.value.code == 2
    with pytest.raises(SystemExit) as refused:
        run_stage("training", refuse, ["--environment=dev", "--model=flight_delay", "--code-version=abc"])
    assert refused.value.code == 1
    assert "training: table t: found nothing, expected rows" in capsys.readouterr().err
