"""What watches a model, declared as the environment's stack does: planned, found drifting, repaired, destroyed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from databricks.sdk.service.dashboards import Dashboard
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from databricks.sdk.service.settings import Config, EmailConfig
from databricks.sdk.service.sql import AlertV2, SchedulePauseStatus

from tests.workspace.conftest import People, Server, let_run_as
from tests.workspace.delta_support import make_table
from tests.workspace.terraform_support import CHANGES, NO_CHANGES, Terraform, in_workspace

pytestmark = [
    pytest.mark.trial,  # a rehearsal's stacks have all of these resources
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not on the PATH"),
    pytest.mark.timeout(300),
]
CONTENT = {
    "datasets": [{"name": "drift", "displayName": "Drift", "queryLines": ["SELECT 1 AS value"]}],
    "pages": [
        {
            "name": "overview",
            "displayName": "Overview",
            "layout": [
                {
                    "widget": {
                        "name": "plot",
                        "queries": [{"name": "main", "query": {"datasetName": "drift", "fields": []}}],
                        "spec": {"version": 3, "widgetType": "line", "encodings": {}},
                    },
                    "position": {"x": 0, "y": 0, "width": 6, "height": 6},
                }
            ],
        }
    ],
}


def stack(catalog: str, application_id: str) -> dict[str, dict[str, object]]:
    warehouse = "${databricks_sql_endpoint.warehouse.id}"
    read = [{"group_name": "data-scientists", "permission_level": "CAN_READ"}]
    return {
        "databricks_directory": {"folder": {"path": f"/{catalog}"}},
        "databricks_sql_endpoint": {"warehouse": {"name": catalog, "cluster_size": "2X-Small"}},
        "databricks_notification_destination": {
            "people": {"display_name": f"{catalog}-e-mail", "config": {"email": {"addresses": ["mlops@example.com"]}}},
            "retrain": {
                "display_name": f"{catalog}-retrain",
                "config": {"generic_webhook": {"url": "https://logic.example.com/run?sig=abc"}},
            },
        },
        "databricks_model_serving": {
            "endpoint": {
                "name": catalog.replace("_", "-")[:40],
                "description": "Says who will be late",
                "tags": [{"key": "team", "value": "flights"}],
                "ai_gateway": {
                    "inference_table_config": {
                        "enabled": True,
                        "catalog_name": catalog,
                        "schema_name": "flights",
                        "table_name_prefix": "delay_endpoint",
                    },
                    "usage_tracking_config": {"enabled": True},
                    "rate_limits": [{"calls": 600, "key": "user", "renewal_period": "minute"}],
                },
            }
        },
        "databricks_quality_monitor": {
            "monitor": {
                "table_name": f"{catalog}.flights.predictions",
                "output_schema_name": f"{catalog}.flights",
                "assets_dir": f"/{catalog}/monitoring",
                "skip_builtin_dashboard": True,
                "warehouse_id": warehouse,
                "inference_log": [
                    {
                        "granularities": ["1 day", "1 week"],
                        "timestamp_col": "scored_at",
                        "model_id_col": "model_version",
                        "prediction_col": "predicted_late",
                        "problem_type": "PROBLEM_TYPE_CLASSIFICATION",
                    }
                ],
                "slicing_exprs": ["model_version"],
                "custom_metrics": [
                    {
                        "type": "CUSTOM_METRIC_TYPE_AGGREGATE",
                        "name": "share_said_late",
                        "input_columns": ["predicted_late"],
                        "definition": "avg(cast({{input_column}} as double))",
                        "output_data_type": json.dumps(
                            {"metadata": {}, "name": "output", "nullable": True, "type": "double"}
                        ),
                    }
                ],
                "schedule": [{"quartz_cron_expression": "0 30 6 * * ?", "timezone_id": "UTC"}],
                "notifications": [{"on_failure": [{"email_addresses": ["mlops@example.com"]}]}],
            }
        },
        "databricks_alert_v2": {
            "drift": {
                "display_name": "drift",
                "parent_path": "/Workspace${databricks_directory.folder.path}",
                "custom_summary": "Drift",
                "custom_description": "Unlike the day before",
                "query_text": "SELECT 1 AS value",
                "warehouse_id": warehouse,
                "run_as": {"service_principal_name": application_id},
                "evaluation": {
                    "source": {"name": "value"},
                    "comparison_operator": "GREATER_THAN",
                    "threshold": {"value": {"double_value": 0.7}},
                    "empty_result_state": "OK",
                    "notification": {
                        "notify_on_ok": False,
                        "subscriptions": [
                            {"destination_id": "${databricks_notification_destination.people.id}"},
                            {"destination_id": "${databricks_notification_destination.retrain.id}"},
                        ],
                    },
                },
                "schedule": {
                    "quartz_cron_schedule": "0 30 7 * * ?",
                    "timezone_id": "UTC",
                    "pause_status": "UNPAUSED",
                },
            }
        },
        "databricks_dashboard": {
            "overview": {
                "display_name": "overview",
                "parent_path": "${databricks_directory.folder.path}",
                "warehouse_id": warehouse,
                "embed_credentials": True,
                "serialized_dashboard": json.dumps(CONTENT),
            }
        },
        "databricks_permissions": {
            "dashboard": {"dashboard_id": "${databricks_dashboard.overview.id}", "access_control": read},
            "alert": {"alert_v2_id": "${databricks_alert_v2.drift.id}", "access_control": read},
        },
    }


@pytest.fixture
def terraform(server: Server, tmp_path: Path) -> Iterator[Terraform]:
    stack = in_workspace(server, tmp_path)
    yield stack
    stack("destroy", "-auto-approve", "-no-color")


def test_what_watches_a_model_lives_its_life(
    terraform: Terraform, server: Server, people: People, catalog: str
) -> None:
    columns = {
        "flight_id": "string",
        "predicted_late": "boolean",
        "model_version": "string",
        "scored_at": "timestamp",
    }
    make_table(server, f"{catalog}.flights.predictions", columns)
    let_run_as(server.admin(), people.job)
    declared = stack(catalog, people.job)
    terraform.declare(declared)
    assert "0 changed, 0 destroyed" in terraform.apply()
    assert "No changes" in terraform.plan(NO_CHANGES)
    client = server.admin()
    tables = {table.name for table in client.tables.list(catalog, "flights")}
    assert tables == {
        "predictions", "predictions_profile_metrics", "predictions_drift_metrics", "delay_endpoint_payload",
    }  # fmt: skip

    # changes by hand, one of each kind; a plan sees them, an apply takes them back
    alert_id = terraform.identifier("databricks_alert_v2.drift")
    paused = client.alerts_v2.get_alert(alert_id)
    paused.schedule.pause_status = SchedulePauseStatus.PAUSED
    client.alerts_v2.update_alert(alert_id, AlertV2.from_dict(paused.as_dict()), "schedule")
    dashboard_id = terraform.identifier("databricks_dashboard.overview")
    other = json.dumps({**CONTENT, "datasets": [{"name": "drift", "query": "SELECT 2 AS value"}]})
    client.lakeview.update(dashboard_id, Dashboard(serialized_dashboard=other))
    people_id = terraform.identifier("databricks_notification_destination.people")
    client.notification_destinations.update(people_id, config=Config(email=EmailConfig(["else@example.com"])))
    endpoint = str(declared["databricks_model_serving"]["endpoint"]["name"])  # type: ignore[index]
    client.serving_endpoints.put_ai_gateway(endpoint)
    table = f"{catalog}.flights.predictions"
    monitor = client.quality_monitors.get(table)
    client.quality_monitors.update(
        table, output_schema_name=monitor.output_schema_name, inference_log=monitor.inference_log
    )
    mine = AccessControlRequest(user_name=people.engineer, permission_level=PermissionLevel.CAN_EDIT)
    client.permissions.update("dashboards", dashboard_id, access_control_list=[mine])
    drift = terraform.plan(CHANGES)
    for address in (
        "databricks_alert_v2.drift",
        "databricks_dashboard.overview",
        "databricks_notification_destination.people",
        "databricks_model_serving.endpoint",
        "databricks_quality_monitor.monitor",
        "databricks_permissions.dashboard",
    ):
        assert f"{address} will be updated in-place" in drift, drift
    assert "6 to change, 0 to destroy" in drift
    terraform.apply()
    assert "No changes" in terraform.plan(NO_CHANGES)
    assert client.alerts_v2.get_alert(alert_id).schedule.pause_status == SchedulePauseStatus.UNPAUSED
    assert json.loads(str(client.lakeview.get(dashboard_id).serialized_dashboard)) == CONTENT

    terraform.destroy()
    assert not [found for found in client.alerts_v2.list_alerts() if found.id == alert_id]
    assert not [found for found in client.lakeview.list() if found.dashboard_id == dashboard_id]
    assert not [found for found in client.notification_destinations.list() if found.id == people_id]


def test_an_alert_in_the_trash_is_made_anew(terraform: Terraform, server: Server, people: People, catalog: str) -> None:
    let_run_as(server.admin(), people.job)
    declared = stack(catalog, people.job)
    terraform.declare({name: declared[name] for name in declared if name not in ("databricks_quality_monitor",)})
    terraform.apply()
    server.admin().alerts_v2.trash_alert(terraform.identifier("databricks_alert_v2.drift"))
    server.admin().lakeview.trash(terraform.identifier("databricks_dashboard.overview"))
    planned = terraform.plan(CHANGES)
    assert "databricks_alert_v2.drift will be created" in planned
    assert "databricks_dashboard.overview will be created" in planned
