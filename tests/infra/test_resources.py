"""What the environments' stacks hold besides access: each resource as the settings say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from environments import names
from environments.inference_log import inference_log
from environments.monitoring import Alert
from environments.settings import ENVIRONMENTS, Environment, Model, load_environment, load_model, model_names
from infra.dashboard import QUALITY, serialized_dashboard
from infra.metric_queries import alert_query, when_there_is_nothing
from infra.tags import tags

Stack = dict[str, Any]
FLIGHTS = load_model("flight_delay")
PROTECTED = ("catalog", "schema", "sql_table", "registered_model", "storage_credential", "external_location")
APPROVAL = names.APPROVAL
E_MAIL = "${databricks_notification_destination.notify-people.id}"
PROBLEM_TYPES = {"binary": "PROBLEM_TYPE_CLASSIFICATION", "regression": "PROBLEM_TYPE_REGRESSION"}


def only(stack: Stack, kind: str) -> Stack:
    (resource,) = stack["resource"][f"databricks_{kind}"].values()
    assert isinstance(resource, dict)
    return resource


def of_model(stack: Stack, kind: str, model: Model) -> list[Stack]:
    """Resources of a kind that are one model's, by their names in the stack."""
    resources = stack["resource"][f"databricks_{kind}"]
    return [body for name, body in resources.items() if re.fullmatch(rf"[a-z]+-{model.name}(-.*)?", name)]


def one(stack: Stack, kind: str, model: Model) -> Stack:
    (resource,) = of_model(stack, kind, model)
    return resource


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> Environment:
    return load_environment(request.param)


@pytest.fixture(params=model_names())
def model(request: pytest.FixtureRequest) -> Model:
    return load_model(request.param)


@pytest.fixture
def stack(environment: Environment, stacks: dict[str, Stack]) -> Stack:
    return stacks[environment.name]


def test_the_catalog_keeps_its_data_in_the_workspaces_own_storage(environment: Environment, stack: Stack) -> None:
    outputs = f"data.terraform_remote_state.{environment.name}-workspace.outputs"
    credential, location = only(stack, "storage_credential"), only(stack, "external_location")
    assert credential["azure_managed_identity"] == {"access_connector_id": f"${{{outputs}.access_connector_id}}"}
    assert location["url"] == f"${{{outputs}.storage_url}}"
    assert location["credential_name"] == "${databricks_storage_credential.storage-credential.name}"
    catalog = only(stack, "catalog")
    assert catalog["storage_root"] == f"{location['url']}{environment.catalog}"
    assert set(catalog["depends_on"]) == {
        "databricks_external_location.storage-location",
        "databricks_online_store.online-store",  # which cannot be deleted while the catalog has tables there
    }


def test_data_and_models_are_protected_where_the_settings_say_so(environment: Environment, stack: Stack) -> None:
    resources = stack["resource"]
    kept = [resource for kind in PROTECTED for resource in resources[f"databricks_{kind}"].values()]
    kept += [volume for volume in resources["databricks_volume"].values() if volume["name"] != names.WHEEL_VOLUME]
    assert {resource.get("lifecycle", {}).get("prevent_destroy", False) for resource in kept} == {environment.protected}


def test_tables_and_models_belong_to_the_jobs(environment: Environment, stack: Stack) -> None:
    jobs = f"${{data.terraform_remote_state.account.outputs.service_principals.{environment.name}.application_id}}"
    for kind in ("sql_table", "registered_model"):
        assert {resource["owner"] for resource in stack["resource"][f"databricks_{kind}"].values()} == {jobs}


def test_classic_compute_is_what_the_settings_allow(environment: Environment, stack: Stack) -> None:
    classic = environment.compute.classic
    rules = json.loads(only(stack, "cluster_policy")["definition"])
    assert rules["spark_version"] == {"type": "fixed", "value": classic.spark_version}
    assert rules["data_security_mode"] == {"type": "fixed", "value": "USER_ISOLATION"}
    for key in ("node_type_id", "driver_node_type_id"):
        assert rules[key]["type"] == "allowlist" and rules[key]["values"] == classic.node_types
    for key in ("num_workers", "autoscale.max_workers"):
        assert rules[key] == {"type": "range", "maxValue": classic.max_workers}
    assert rules["autotermination_minutes"]["value"] == classic.auto_termination_minutes
    bears = {key.removeprefix("custom_tags."): rule["value"] for key, rule in rules.items() if "custom_tags" in key}
    assert bears == tags(environment)


def test_whatever_bears_tags_has_them_all(environment: Environment, stack: Stack) -> None:
    resources = stack["resource"]
    for kind, field in (("catalog", "properties"), ("schema", "properties"), ("sql_table", "properties")):
        for resource in resources[f"databricks_{kind}"].values():
            assert tags(environment).items() <= resource[field].items()


def test_what_changes_in_what_is_published_or_streamed_can_be_followed(environment: Environment, stack: Stack) -> None:
    tables = stack["resource"]["databricks_sql_table"].values()
    fed = {table["name"] for table in tables if "delta.enableChangeDataFeed" in table["properties"]}
    features = {table for name in model_names() for table in load_model(name).feature_tables}
    assert fed == {*features, "predictions", "streamed_predictions", "streamed_predictions_requests"}


def test_whatever_is_a_models_has_its_tags(environment: Environment, model: Model, stack: Stack) -> None:
    expected = tags(environment, model)
    for job in of_model(stack, "job", model):
        assert job["tags"] == expected
    for kind in ("model_serving", "mlflow_experiment"):
        assert {tag["key"]: tag["value"] for tag in one(stack, kind, model)["tags"]} == expected


def test_serverless_compute_is_billed_by_the_environments_budget_policy(environment: Environment, stack: Stack) -> None:
    policy = f"${{data.terraform_remote_state.account.outputs.budget_policy_ids.{environment.name}}}"
    for job in stack["resource"]["databricks_job"].values():
        assert job["budget_policy_id"] == policy
    for endpoint in stack["resource"]["databricks_model_serving"].values():
        assert endpoint["budget_policy_id"] == policy


def test_a_slow_or_failed_run_is_told_to_people(environment: Environment, stack: Stack) -> None:
    for job in stack["resource"]["databricks_job"].values():
        (rule,) = job["health"]["rules"]
        assert rule["metric"] == "RUN_DURATION_SECONDS" and rule["op"] == "GREATER_THAN"
        assert 0 < rule["value"] < job["timeout_seconds"] == environment.compute.job_timeout_minutes * 60
        told = job["email_notifications"]
        assert told["on_failure"] == told["on_duration_warning_threshold_exceeded"] == environment.notify
        if "schedule" in job:  # others are started by people alone
            assert job["schedule"]["pause_status"] == ("PAUSED" if environment.paused_schedules else "UNPAUSED")
        tries = {task["max_retries"] for task in job["task"] if "condition_task" not in task}
        assert tries <= {0, environment.compute.task_retries}


def test_people_are_told_that_the_job_waits_for_them(environment: Environment, model: Model, stack: Stack) -> None:
    training = stack["resource"]["databricks_job"][f"job-{model.name}-training"]
    tasks = {task["task_key"]: task for task in training["task"]}
    asked = environment.approval_of(model) is not None
    assert {key for key, task in tasks.items() if "email_notifications" in task} == ({APPROVAL} if asked else set())
    assert tasks["deploy"]["depends_on"] == [{"task_key": APPROVAL if asked else "validate"}]
    if asked:
        assert tasks[APPROVAL]["email_notifications"] == {"on_start": environment.notify}
        assert tasks[APPROVAL]["max_retries"] == 0


def test_the_endpoint_captures_requests_and_limits_each_caller(
    environment: Environment, model: Model, stack: Stack
) -> None:
    gateway = one(stack, "model_serving", model)["ai_gateway"]
    assert gateway["inference_table_config"]["enabled"]
    prefix = gateway["inference_table_config"]["table_name_prefix"]
    table = names.inference_table(environment, model)
    assert table == f"{environment.catalog}.{model.schema_name}.{prefix}_payload"
    limit = {"key": "user", "calls": model.serving.calls_per_minute, "renewal_period": "minute"}
    assert gateway["rate_limits"] == [limit]


def test_the_monitor_watches_the_inference_log(environment: Environment, model: Model, stack: Stack) -> None:
    monitor, monitoring = one(stack, "quality_monitor", model), model.monitoring
    assert monitor["table_name"] == names.inference_log(environment, model)
    assert f"{monitor['output_schema_name']}." in names.profile_metrics(environment, model)
    (log,) = monitor["inference_log"]
    assert log == {
        "granularities": monitoring.granularities,
        "timestamp_col": "scored_at",
        "model_id_col": "model_version",
        "prediction_col": f"predicted_{model.label}",
        "label_col": model.label,
        "problem_type": PROBLEM_TYPES[model.problem],
    }
    assert monitor["slicing_exprs"] == monitoring.slices
    written = {metric["name"]: metric for metric in monitor["custom_metrics"]}
    for name, metric in monitoring.custom_metrics.items():
        assert written[name]["definition"] == metric.definition
        assert written[name]["input_columns"] == metric.columns
        assert json.loads(written[name]["output_data_type"])["type"] == {"bigint": "long"}.get(metric.type, metric.type)
    assert "schedule" not in monitor  # the monitoring job refreshes it, once the log is new
    columns = inference_log(model).columns
    assert {log["timestamp_col"], log["model_id_col"], "source", *monitoring.slices} <= columns.keys()
    assert columns[log["label_col"]].type == columns[log["prediction_col"]].type


def test_alerts_tell_people_and_only_some_start_the_training(
    environment: Environment, model: Model, stack: Stack
) -> None:
    written = {alert["display_name"]: alert for alert in of_model(stack, "alert_v2", model)}
    webhook = f"${{databricks_notification_destination.notify-retrain-{model.name}.id}}"
    assert len(written) == len(model.monitoring.alerts)
    for name, settings in model.monitoring.alerts.items():
        alert = written[names.alert(environment, model, name)]
        told = [item["destination_id"] for item in alert["evaluation"]["notification"]["subscriptions"]]
        assert told == ([E_MAIL, webhook] if settings.retrain else [E_MAIL])
        notification = alert["evaluation"]["notification"]
        assert notification["notify_on_ok"] == settings.tell_when_well
        hours = settings.tell_again_hours
        assert notification.get("retrigger_seconds") == (hours * 3600 if hours else None)
        assert alert["evaluation"]["comparison_operator"] == settings.comparison
        assert alert["evaluation"]["threshold"]["value"]["double_value"] == settings.threshold
        assert alert["query_text"] == alert_query(environment, model, settings)
        assert ".service_principals." in alert["run_as"]["service_principal_name"]
        assert alert["schedule"]["pause_status"] == ("PAUSED" if environment.paused_schedules else "UNPAUSED")
        assert f"databricks_quality_monitor.monitor-{model.name}" in alert["depends_on"]


def test_the_webhook_is_the_models_logic_app(environment: Environment, model: Model, stack: Stack) -> None:
    destinations = stack["resource"]["databricks_notification_destination"]
    url = f"${{data.terraform_remote_state.{environment.name}-workspace.outputs.retrain_urls.{model.name}}}"
    assert destinations[f"notify-retrain-{model.name}"]["config"] == {"generic_webhook": {"url": url}}
    assert destinations["notify-people"]["config"] == {"email": {"addresses": environment.notify}}


def alert(**changed: Any) -> Alert:
    settings = {"description": "few", "table": "profile", "metric": "count", "column": ":table", "threshold": 1.0}
    return Alert(**{**settings, "comparison": "LESS_THAN", **changed})


def test_an_alert_looks_at_the_newest_window_of_all_versions() -> None:
    prod = load_environment("prod")
    least = alert_query(prod, FLIGHTS, alert())
    assert "prod.flight_delay.inference_log_profile_metrics" in least and "model_version = '*'" in least
    assert "current_timestamp() - 1 * INTERVAL 1 DAY" in least
    assert "- 7 * INTERVAL 1 DAY" in alert_query(prod, FLIGHTS, alert(windows=7))
    most = alert_query(prod, FLIGHTS, alert(table="drift", comparison="GREATER_THAN", column="probability_late"))
    assert "prod.flight_delay.inference_log_drift_metrics" in most and "ORDER BY window.start DESC" in most
    assert "drift_type = 'CONSECUTIVE'" in most and "column_name = 'probability_late'" in most


@pytest.mark.parametrize(
    ("comparison", "retrain", "state"),
    [
        ("LESS_THAN", False, "TRIGGERED"),
        ("LESS_THAN", True, "OK"),
        ("GREATER_THAN", False, "OK"),
        ("GREATER_THAN", True, "OK"),
    ],
)
def test_nothing_is_too_little_but_nothing_to_learn_from(comparison: str, retrain: bool, state: str) -> None:
    assert when_there_is_nothing(alert(comparison=comparison, retrain=retrain)) == state


def test_the_dashboard_charts_what_its_datasets_select(environment: Environment, model: Model, stack: Stack) -> None:
    dashboard = one(stack, "dashboard", model)
    assert dashboard["embed_credentials"] is True
    document = json.loads(dashboard["serialized_dashboard"])
    datasets = {dataset["name"]: "".join(dataset["queryLines"]) for dataset in document["datasets"]}
    assert list(datasets) == [
        *("predictions", "drift", "quality", "nulls"),
        *(f"custom_{name}" for name in model.monitoring.custom_metrics),
        *("requests", "latency", "errors", "durations", "cost"),
    ]
    assert all(f" {environment.catalog}.{model.schema_name}." in f" {query}" for query in datasets.values())
    (page,) = document["pages"]
    places = [(item["position"]["x"], item["position"]["y"]) for item in page["layout"]]
    assert len(set(places)) == len(places) == len(datasets)
    for item in page["layout"]:
        (query,) = item["widget"]["queries"]
        fields = {field["name"] for field in query["query"]["fields"]}
        assert {encoding["fieldName"] for encoding in item["widget"]["spec"]["encodings"].values()} == fields
        select = datasets[query["query"]["datasetName"]].split("\nFROM ")[0]
        assert all(field in select for field in fields)


def test_quality_is_charted(model: Model) -> None:
    metric, _ = QUALITY[model.problem]
    assert metric in serialized_dashboard(load_environment("prod"), model)
