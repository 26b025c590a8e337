"""A new model is one file in `environments/models` and a package: what that adds to each stack, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from environments.settings import ENVIRONMENTS, load_environment, load_model, model_names
from infra.job_plans import job_plans
from tests.infra.synthesis import ROOT, Stacks, synthesize

Ids = set[tuple[str, str]]
TABLES = ("plane_features", "route_features", "weather_features", "predictions", "inference_log")
STREAMED = (
    "streamed_predictions",
    *(f"streamed_predictions_{kind}" for kind in ("requests", "dead_letters", "progress")),
)
ALERTS = ("accuracy_low", "nothing_predicted", "predictions_drift")
OF_THE_MODEL = {
    "databricks_mlflow_experiment": ["experiment-diversion"],
    "databricks_registered_model": ["model-diversion"],
    "databricks_model_serving": ["endpoint-diversion"],
    "databricks_quality_monitor": ["monitor-diversion"],
    "databricks_dashboard": ["dashboard-diversion"],
    "databricks_notification_destination": ["notify-retrain-diversion"],
    "databricks_alert_v2": [f"alert-diversion-{alert}" for alert in ALERTS],
    "databricks_schema": ["schema-diversion"],
    "databricks_sql_table": [f"table-diversion-{table}" for table in (*TABLES, *STREAMED, "infrastructure_metrics")],
    "databricks_volume": ["volume-diversion-checkpoints", "volume-diversion-exports"],
    "databricks_permissions": [
        "experiment-diversion-permissions",
        "endpoint-diversion-permissions",
        "dashboard-diversion-permissions",
        *(f"alert-diversion-{alert}-permissions" for alert in ALERTS),
    ],
}
OF_ITS_SOURCES = {
    "databricks_schema": ["schema-airline"],
    "databricks_volume": ["volume-airline-landing"],
    "databricks_sql_table": [
        f"table-airline-{table}"
        for table in ("airports", "flights", "ingested_files", "planes", "quarantined_rows", "weather")
    ],
}
IN_THE_WORKSPACES_STACK = {
    "azurerm_user_assigned_identity": ["retrain-diversion-identity"],
    "azurerm_logic_app_workflow": ["retrain-diversion"],
    "azurerm_logic_app_trigger_http_request": ["retrain-diversion-alert"],
    "azurerm_logic_app_action_custom": ["retrain-diversion-find", "retrain-diversion-start"],
    "azurerm_monitor_diagnostic_setting": ["logs-retrain-diversion"],
    "databricks_service_principal": ["principal-retrain-diversion"],
    "databricks_mws_permission_assignment": ["assigned-retrain-diversion"],
}
OUTPUTS = {"retrain_principals", "retrain_urls"}


def pairs(by_kind: dict[str, list[str]]) -> Ids:
    return {(kind, identifier) for kind, identifiers in by_kind.items() for identifier in identifiers}


def resources(stack: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {(kind, name): body for kind, named in stack["resource"].items() for name, body in named.items()}


@pytest.fixture(scope="module", params=["flights", "airline"], ids=["shared sources", "sources of its own"])
def sources(request: pytest.FixtureRequest) -> str:
    """The schema of the new model's source tables."""
    schema: str = request.param
    return schema


@pytest.fixture(scope="module")
def with_model(sources: str, settings_folder: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """The stacks when the settings have one file more."""
    folder = settings_folder()
    model = yaml.safe_load((folder / "models" / "flight_delay.yaml").read_text())
    model |= {"name": "diversion", "schema": "diversion"}
    model["sources"]["schema"] = sources
    model["batch"]["sinks"]["jdbc"]["table"] = "diversions"
    (folder / "models" / "diversion.yaml").write_text(yaml.safe_dump(model, sort_keys=False))
    return synthesize(tmp_path_factory.mktemp("more") / "out", folder)


def test_it_adds_its_own_resources_and_changes_no_other(sources: str, stacks: Stacks, with_model: Stacks) -> None:
    assert with_model.keys() == stacks.keys()
    for name, before in stacks.items():
        after = with_model[name]
        environment, _, layer = name.partition("-")
        expected: Ids = set()
        if layer:
            expected = pairs(IN_THE_WORKSPACES_STACK)
        elif environment in ENVIRONMENTS:
            expected = pairs(OF_THE_MODEL)
            volumes = [f"volume-{name}-diversion-{volume}" for volume in ("checkpoints", "exports")]
            for securable in (f"schema-{name}-diversion", *volumes):
                expected.add(("databricks_grants", f"grants-{securable}"))
            for plan in job_plans(load_environment(name), load_model("flight_delay")):
                job = f"job-diversion-{plan.purpose}"
                expected |= {("databricks_job", job), ("databricks_permissions", f"{job}-permissions")}
            if load_environment(name).approval_of(load_model("flight_delay")):
                expected.add(("databricks_grants", f"grants-registered_model-{name}-diversion-diversion"))
            if sources != "flights":
                expected |= pairs(OF_ITS_SOURCES)
                expected.add(("databricks_grants", f"grants-schema-{name}-airline"))
                expected.add(("databricks_grants", f"grants-volume-{name}-airline-landing"))

        there, now = resources(before), resources(after)

        assert now.keys() - there.keys() == expected, name
        assert {key: now[key] for key in there} == there, name
        assert {part: after[part] for part in after if part not in ("resource", "output")} == {
            part: before[part] for part in before if part not in ("resource", "output")
        }, name


def test_of_outputs_only_those_by_model_grow(stacks: Stacks, with_model: Stacks) -> None:
    for name, before in stacks.items():
        outputs, now = before.get("output", {}), with_model[name].get("output", {})
        assert outputs.keys() == now.keys()
        changed = {output for output in outputs if outputs[output] != now[output]}
        assert changed == (OUTPUTS if name.endswith("-workspace") else set()), name
        for output in changed:
            value = dict(now[output]["value"])
            assert "diversion" in value.pop("diversion")
            assert value == outputs[output]["value"]


def test_every_model_has_its_package_and_every_package_its_model() -> None:
    packages = ROOT / "pipelines" / "models"
    assert sorted(file.parent.name for file in packages.glob("*/__init__.py")) == model_names()
