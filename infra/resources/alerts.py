"""SQL alerts on a monitor's metrics: they tell people and, where the model's file says so, start the training job."""

from __future__ import annotations

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.alert_v2 import (
    AlertV2,
    AlertV2Evaluation,
    AlertV2EvaluationNotification,
    AlertV2EvaluationNotificationSubscriptions,
    AlertV2EvaluationSource,
    AlertV2EvaluationThreshold,
    AlertV2EvaluationThresholdValue,
    AlertV2RunAs,
    AlertV2Schedule,
)
from cdktf_cdktf_provider_databricks.permissions import Permissions
from cdktf_cdktf_provider_databricks.sql_endpoint import SqlEndpoint
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.metric_queries import VALUE, alert_query, when_there_is_nothing
from infra.resources.identity import JobsIdentity
from infra.resources.notifications import Destinations
from infra.resources.permissions import AccessLists


def add_alerts(
    scope: Construct,
    environment: Environment,
    model: Model,
    jobs: JobsIdentity,
    access: AccessLists,
    warehouse: SqlEndpoint,
    destinations: Destinations,
    needed: list[TerraformResource],
) -> None:
    """Add the model's alerts, evaluated as the jobs' service principal, and who may see them."""
    for name, settings in model.monitoring.alerts.items():
        told = [destinations.people, *([destinations.retrain[model.name]] if settings.retrain else [])]
        alert = AlertV2(
            scope,
            f"alert-{model.name}-{name}",
            display_name=names.alert(environment, model, name),
            # As Databricks answers it: its provider ends with an error where the two differ.
            parent_path=f"/Workspace{names.FOLDER}",
            custom_summary=f"{names.alert(environment, model, name)}: {{{{ALERT_STATUS}}}}",
            custom_description=settings.description,
            query_text=alert_query(environment, model, settings),
            warehouse_id=warehouse.id,
            run_as=AlertV2RunAs(service_principal_name=jobs.application_id),
            evaluation=AlertV2Evaluation(
                source=AlertV2EvaluationSource(name=VALUE),
                comparison_operator=settings.comparison,
                threshold=AlertV2EvaluationThreshold(
                    value=AlertV2EvaluationThresholdValue(double_value=settings.threshold)
                ),
                empty_result_state=when_there_is_nothing(settings),
                # When the state changes, and again only after a time; between evaluations alike nobody is told. The
                # training's guard knows what an OK is, and how long a training that did not help is not repeated.
                notification=AlertV2EvaluationNotification(
                    notify_on_ok=settings.tell_when_well,
                    retrigger_seconds=_seconds(settings.tell_again_hours),
                    subscriptions=[
                        AlertV2EvaluationNotificationSubscriptions(destination_id=destination.id)
                        for destination in told
                    ],
                ),
            ),
            schedule=AlertV2Schedule(
                quartz_cron_schedule=model.monitoring.alert_schedule,
                timezone_id="UTC",
                pause_status="PAUSED" if environment.paused_schedules else "UNPAUSED",
            ),
            depends_on=needed,
        )
        Permissions(
            scope,
            f"alert-{model.name}-{name}-permissions",
            alert_v2_id=alert.id,
            access_control=access.access_control("alert", names.alert(environment, model, name)),
        )


def _seconds(hours: float | None) -> int | None:
    return None if hours is None else round(hours * 3600)
