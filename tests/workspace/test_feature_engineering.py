"""The stand-in for databricks-feature-engineering: the real one's parameters, and a story from table to endpoint."""

from __future__ import annotations

import configparser
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.packages import FEATURE_ENGINEERING, stand_ins
from tests.workspace import feature_engineering_signatures
from tests.workspace.jobs_support import CHECKOUT, Workspace

_SHOW = """
import inspect, json
import databricks.feature_engineering as fe
def told(function):
    names = []
    for parameter in list(inspect.signature(function).parameters.values()):
        if parameter.name in ("self",):
            continue
        star = {parameter.KEYWORD_ONLY: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        names.append(star + parameter.name + ("=" if parameter.default is not parameter.empty else ""))
    return names
print(json.dumps({name: {m: told(f) for m, f in vars(getattr(fe, name)).items()
    if inspect.isfunction(f) and (m == "__init__" or not m.startswith("_"))}
    for name in ("FeatureEngineeringClient", "FeatureLookup", "FeatureFunction", "DatabricksOnlineStore")}))
"""


def run(*command: str, **environment: str) -> str:
    # Its folder stands before those of databricks-sdk, as in a task.
    program = "import sys, databricks; databricks.__path__.insert(0, sys.argv.pop(1) + '/databricks'); "
    program += "import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(FEATURE_ENGINEERING), *command],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return done.stdout


def test_parameters_are_those_of_the_real_package(tmp_path: Path) -> None:
    (tmp_path / "show.py").write_text(_SHOW)
    ours = json.loads(run(str(tmp_path / "show.py")))
    real = json.loads(feature_engineering_signatures.FILE.read_text())
    assert stand_ins()["databricks-feature-engineering"].version == real["version"]
    assert ours["FeatureEngineeringClient"].keys() >= {"create_table", "log_model", "score_batch", "publish_table"}
    for name, methods in ours.items():
        for method, parameters in methods.items():
            assert (name, method, parameters) == (name, method, real[name][method])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the story told, of a workspace with Spark."""
    workspace = Workspace(tmp_path_factory.mktemp("home"), compute=True)
    workspace.prepare()
    workspace.start()
    try:
        profiles = configparser.ConfigParser()
        profiles.read(workspace.home / "databrickscfg")
        token = profiles["dev"]["token"]
        output = run(
            str(Path(__file__).with_name("feature_engineering_story.py")),
            DATABRICKS_HOST=workspace.platform.host("dev"),
            DATABRICKS_TOKEN=token,
            SPARK_REMOTE=workspace.platform.spark_remote("dev", token),
            MLFLOW_TRACKING_URI="databricks",
            MLFLOW_REGISTRY_URI="databricks-uc",
        )
    finally:
        workspace.stop()
    (line,) = [line for line in output.splitlines() if line.startswith("TOLD ")]
    story: dict[str, dict[str, object]] = json.loads(line.removeprefix("TOLD "))
    return story


@pytest.mark.trial
def test_tables_and_training_see_the_past_alone(told: dict[str, dict[str, object]]) -> None:
    assert told["tables"] == {"keys": ["carrier"], "features": ["mean_delay", "planes"], "rows": 2}
    assert told["training"] == {
        "columns": ["distance", "delay", "planes", "wind", "speed", "late"],
        "wind": [2.2],
        "planes": [3, 599],
    }


@pytest.mark.trial
def test_a_row_scored_by_spark_and_by_the_endpoint_gets_the_very_same_prediction(
    told: dict[str, dict[str, dict[str, list[float]]]],
) -> None:
    scored = told["scored"]
    for way in scored.values():
        assert way["online"] == way["batch"]
        assert way["wind"] == [3.3, 3.3]  # the latest of the time series, as the store has it
    assert scored["looked_up"]["speed"] == [150.25 / (0.1 + 0.2) ** 0.5, 0.0]
    assert scored["overridden"]["speed"] == [150.25 / 5.5**0.5] * 2
    assert scored["overridden"]["batch"] != scored["looked_up"]["batch"]
