"""SQL alerts by the stock client: permissioned, and really evaluated on tables, with word to a real receiver."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from databricks.sdk.service.settings import Config, EmailConfig, GenericWebhookConfig
from databricks.sdk.service.sql import (
    Aggregation,
    AlertEvaluationState,
    AlertV2,
    AlertV2Evaluation,
    AlertV2Notification,
    AlertV2Operand,
    AlertV2OperandColumn,
    AlertV2OperandValue,
    AlertV2RunAs,
    AlertV2Subscription,
    ComparisonOperator,
    CronSchedule,
    CustomTemplateFormat,
)

from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap, scim
from rehearsal.workspace.notifications import outbox
from tests.workspace.conftest import let_run_as
from tests.workspace.served_spark import client_of, served_platform
from tests.workspace.spark_support import ALICE, MALLORY, session_of
from tests.workspace.webhook_receiver import Receiver, listening, until

OK, TRIGGERED, ERROR = AlertEvaluationState.OK, AlertEvaluationState.TRIGGERED, AlertEvaluationState.ERROR
GREATER = ComparisonOperator.GREATER_THAN
DRIFT = "SELECT value FROM dev.f.drift ORDER BY value DESC"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with served_platform(tmp_path_factory.mktemp("home")) as running:
        session_of(running, ALICE).sql("CREATE TABLE dev.f.drift (value DOUBLE, name STRING)")
        yield running


@pytest.fixture(scope="module")
def admin(platform: Platform) -> WorkspaceClient:
    return client_of(platform, bootstrap.ADMIN)


@pytest.fixture(scope="module")
def warehouse(admin: WorkspaceClient) -> str:
    identifier = str(admin.warehouses.create(name="alerts", cluster_size="2X-Small").result().id)
    use = AccessControlRequest(group_name="users", permission_level=PermissionLevel.CAN_USE)
    admin.permissions.update("warehouses", identifier, access_control_list=[use])
    return identifier


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with listening() as told:
        yield told


@pytest.fixture(scope="module")
def destinations(admin: WorkspaceClient, receiver: Receiver) -> list[str]:
    """One for people, one for a program."""
    configs = [
        Config(email=EmailConfig(["mlops@example.com"])),
        Config(generic_webhook=GenericWebhookConfig(url=receiver.url)),
    ]
    api = admin.notification_destinations
    return [str(api.create(display_name=f"d{i}", config=config).id) for i, config in enumerate(configs)]


def wanted(warehouse: str, query: str = DRIFT, **evaluation: Any) -> AlertV2:
    given = {
        "source": AlertV2OperandColumn("value"),
        "comparison_operator": GREATER,
        "threshold": AlertV2Operand(value=AlertV2OperandValue(double_value=0.25)),
        "empty_result_state": OK,
        **evaluation,
    }
    return AlertV2(
        display_name="drift",
        query_text=query,
        warehouse_id=warehouse,
        parent_path="/Shared",
        custom_summary="{{ALERT_NAME}} is {{ALERT_STATUS}}",
        custom_description="Value {{QUERY_RESULT_VALUE}}, threshold {{ALERT_THRESHOLD}}",
        run_as=AlertV2RunAs(user_name=ALICE),
        evaluation=AlertV2Evaluation(**given),
        schedule=CronSchedule("0 0 7 * * ?", "UTC"),
    )


def evaluate(client: WorkspaceClient, identifier: str) -> AlertEvaluationState:
    answer = client.api_client.do("POST", f"/api/2.0/understudy/alerts/{identifier}/evaluate")
    state = AlertV2.from_dict(answer).evaluation.state  # type: ignore[arg-type]
    assert state is not None
    return state


def set_drift(platform: Platform, *values: float) -> None:
    rows = f"SELECT explode(CAST(array({', '.join(map(str, values))}) AS ARRAY<DOUBLE>)), 'a'"
    session_of(platform, ALICE).sql(f"INSERT OVERWRITE dev.f.drift {rows}").collect()


def test_word_is_sent_when_the_state_changes(
    platform: Platform, admin: WorkspaceClient, warehouse: str, destinations: list[str], receiver: Receiver
) -> None:
    subscriptions = [*(AlertV2Subscription(destination_id=identifier) for identifier in destinations)]
    subscriptions.append(AlertV2Subscription(user_email=ALICE))
    told = AlertV2Notification(notify_on_ok=True, subscriptions=subscriptions)
    made = admin.alerts_v2.create_alert(wanted(warehouse, notification=told))
    assert made.id and made.evaluation.state == AlertEvaluationState.UNKNOWN and made.owner_user_name == bootstrap.ADMIN
    set_drift(platform, 0.1)
    states = [evaluate(admin, made.id)]
    set_drift(platform, 0.1, 0.4)
    states += [evaluate(admin, made.id), evaluate(admin, made.id)]
    set_drift(platform)
    states += [evaluate(admin, made.id), evaluate(admin, made.id)]
    assert states == [OK, TRIGGERED, TRIGGERED, OK, OK]
    until(lambda: len(receiver.got) == 2)
    assert [body["alert"]["state"] for _, body in receiver.got] == ["TRIGGERED", "OK"]
    triggered = receiver.got[0][1]
    assert (triggered["value"], triggered["threshold"], triggered["summary"]) == (0.4, 0.25, "drift is TRIGGERED")
    with platform.store.transaction() as tx:
        mails = outbox.mails(tx, "dev")
    assert [mail["subject"] for mail in mails] == ["[OK] drift is OK", "[TRIGGERED] drift is TRIGGERED"]
    assert mails[1]["to"] == [ALICE, "mlops@example.com"] and mails[1]["text"] == "Value 0.4, threshold 0.25"
    evaluated = admin.alerts_v2.get_alert(made.id).evaluation
    assert evaluated.state == OK and evaluated.last_evaluated_at


def test_again_after_the_retrigger_time(
    platform: Platform, admin: WorkspaceClient, warehouse: str, destinations: list[str]
) -> None:
    told = AlertV2Notification(retrigger_seconds=1, subscriptions=[AlertV2Subscription(destination_id=destinations[0])])
    made = admin.alerts_v2.create_alert(wanted(warehouse, "SELECT 1 AS value", notification=told))
    with platform.store.transaction() as tx:
        before = len(outbox.mails(tx, "dev"))
    assert evaluate(admin, str(made.id)) == TRIGGERED
    time.sleep(2)
    assert evaluate(admin, str(made.id)) == TRIGGERED
    with platform.store.transaction() as tx:
        assert len(outbox.mails(tx, "dev")) == before + 2


@pytest.mark.parametrize(
    ("query", "evaluation", "state"),
    [
        ("SELECT 3 AS value", {}, TRIGGERED),
        ("SELECT 0.25 AS value", {}, OK),
        ("SELECT 0.25 AS value", {"comparison_operator": ComparisonOperator.GREATER_THAN_OR_EQUAL}, TRIGGERED),
        ("SELECT 1 AS value WHERE 1 = 0", {}, OK),
        ("SELECT 1 AS value WHERE 1 = 0", {"empty_result_state": TRIGGERED}, TRIGGERED),
        ("SELECT cast(null AS double) AS value", {}, OK),
        ("SELECT null AS value", {"comparison_operator": ComparisonOperator.IS_NULL}, TRIGGERED),
        ("SELECT explode(array(0.1, 0.3)) AS value", {}, OK),
        (
            "SELECT explode(array(0.1, 0.3)) AS value",
            {"source": AlertV2OperandColumn("value", Aggregation.MAX)},
            TRIGGERED,
        ),
        ("SELECT 1 AS value", {"source": AlertV2OperandColumn("value", Aggregation.COUNT)}, TRIGGERED),
        (
            "SELECT 'b' AS value",
            {"threshold": AlertV2Operand(value=AlertV2OperandValue(string_value="a"))},
            TRIGGERED,
        ),
        (
            "SELECT 1 AS value, 2 AS other",
            {"threshold": AlertV2Operand(column=AlertV2OperandColumn("other"))},
            OK,
        ),
        ("SELECT 1 AS something_else", {}, ERROR),
        ("SELECT 'a' AS value", {}, ERROR),
        ("SELECT * FROM dev.f.nothing", {}, ERROR),
    ],
)  # fmt: skip
def test_conditions(
    admin: WorkspaceClient, warehouse: str, query: str, evaluation: dict[str, Any], state: AlertEvaluationState
) -> None:
    made = admin.alerts_v2.create_alert(wanted(warehouse, query, **evaluation))
    assert evaluate(admin, str(made.id)) == state
    admin.alerts_v2.trash_alert(str(made.id), purge=True)


def test_the_query_has_the_rights_of_run_as(platform: Platform, admin: WorkspaceClient, warehouse: str) -> None:
    alert = wanted(warehouse)
    alert.run_as = AlertV2RunAs(user_name=MALLORY)
    made = admin.alerts_v2.create_alert(alert)
    assert made.effective_run_as == AlertV2RunAs(user_name=MALLORY)
    assert evaluate(admin, str(made.id)) == ERROR
    with pytest.raises(PermissionDenied, match="run as"):
        client_of(platform, ALICE).alerts_v2.create_alert(alert)
    with platform.store.transaction() as tx:
        robot = scim.create(tx, "service_principal", {"displayName": "robot"})["applicationId"]
    alert.run_as = AlertV2RunAs(service_principal_name=robot)
    with pytest.raises(PermissionDenied, match=r"servicePrincipal\.user"):
        admin.alerts_v2.create_alert(alert)
    let_run_as(admin, robot)
    assert admin.alerts_v2.create_alert(alert).effective_run_as == alert.run_as


def test_a_change_keeps_the_state(admin: WorkspaceClient, warehouse: str) -> None:
    made = admin.alerts_v2.create_alert(wanted(warehouse, "SELECT 1 AS value"))
    assert evaluate(admin, str(made.id)) == TRIGGERED
    made.evaluation.threshold = AlertV2Operand(value=AlertV2OperandValue(double_value=5.0))
    made.display_name = "not in the mask"
    changed = admin.alerts_v2.update_alert(str(made.id), made, "evaluation")
    assert (changed.display_name, changed.evaluation.state) == ("drift", TRIGGERED)
    assert evaluate(admin, str(made.id)) == OK
    with pytest.raises(BadRequest, match="update_mask"):
        admin.alerts_v2.update_alert(str(made.id), made, "owner_user_name")


def test_who_may(platform: Platform, admin: WorkspaceClient, warehouse: str) -> None:
    made = str(admin.alerts_v2.create_alert(wanted(warehouse, "SELECT 1 AS value")).id)
    mallory = client_of(platform, MALLORY)
    with pytest.raises(PermissionDenied):
        mallory.alerts_v2.get_alert(made)
    read = AccessControlRequest(user_name=MALLORY, permission_level=PermissionLevel.CAN_READ)
    admin.permissions.set("alertsv2", made, access_control_list=[read])
    assert mallory.alerts_v2.get_alert(made).display_name == "drift"
    assert made in [alert.id for alert in mallory.alerts_v2.list_alerts(page_size=1)]
    with pytest.raises(PermissionDenied):
        evaluate(mallory, made)
    with pytest.raises(PermissionDenied):
        mallory.alerts_v2.trash_alert(made)
    assert admin.alerts_v2.get_alert(made).parent_path == "/Workspace/Shared"  # asked for as /Shared
    admin.alerts_v2.trash_alert(made)
    with pytest.raises(BadRequest, match="in the trash"):
        evaluate(admin, made)
    assert made not in [alert.id for alert in admin.alerts_v2.list_alerts()]


def test_what_cannot_be_an_alert(admin: WorkspaceClient, warehouse: str) -> None:
    def refused(complaint: str, error: type[Exception] = BadRequest, **changes: Any) -> None:
        alert = wanted(warehouse)
        for name, value in changes.items():
            setattr(alert, name, value)
        with pytest.raises(error, match=complaint):
            admin.alerts_v2.create_alert(alert)

    refused("query_text must be specified", query_text="")
    refused("warehouse", NotFound, warehouse_id="none")
    refused("doesn't exist", NotFound, parent_path="/nowhere")
    refused("6 or 7 fields", schedule=CronSchedule("every day", "UTC"))
    refused("does not exist", NotFound, run_as=AlertV2RunAs(service_principal_name="nobody"))
    lost = AlertV2Notification(subscriptions=[AlertV2Subscription(destination_id="gone")])
    refused("gone does not exist", NotFound, evaluation=wanted(warehouse, notification=lost).evaluation)
    both = AlertV2OperandValue(double_value=1.0, string_value="a")
    refused("must have one of", evaluation=wanted(warehouse, threshold=AlertV2Operand(value=both)).evaluation)


def test_templates_of_both_formats(platform: Platform, admin: WorkspaceClient, warehouse: str) -> None:
    query = "SELECT 7 AS value, '<a|b>' AS name"
    told = AlertV2Notification(subscriptions=[AlertV2Subscription(user_email=ALICE)])
    in_html, in_markdown = CustomTemplateFormat.HTML, CustomTemplateFormat.MARKDOWN
    for kind, summary, table, text in (
        (in_html, "{{ ALERT_COLUMN }} @ALERT_NAME", "{{QUERY_RESULT_TABLE}} {{QUERY_RESULT_COLS}}", "<td>&lt;a|b&gt;"),
        (in_markdown, "@ALERT_COLUMN {{ALERT_NAME}} a@b", "@QUERY_RESULT_TABLE @QUERY_RESULT_COLS", "| 7 | <a\\|b> |"),
    ):
        alert = wanted(warehouse, query, notification=told)
        alert.custom_template_format, alert.custom_summary = kind, summary
        alert.custom_description = table
        made = admin.alerts_v2.create_alert(alert)
        assert made.custom_template_format == kind
        assert evaluate(admin, str(made.id)) == TRIGGERED
        with platform.store.transaction() as tx:
            mail = outbox.mails(tx, "dev")[0]
        assert mail["subject"] == "[TRIGGERED] " + summary.replace("{{ ALERT_COLUMN }}", "value").replace(
            "@ALERT_COLUMN", "value"
        )
        assert text in mail["text"] and mail["text"].endswith("value, name")
