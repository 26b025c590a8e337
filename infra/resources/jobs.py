"""A model's jobs: serverless, run by the environment's service principal, with the wheel's code."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformResource
from cdktf_cdktf_provider_databricks.job import (
    Job,
    JobEmailNotifications,
    JobEnvironment,
    JobEnvironmentSpec,
    JobHealth,
    JobHealthRules,
    JobNotificationSettings,
    JobParameter,
    JobQueue,
    JobRunAs,
    JobSchedule,
    JobTask,
    JobTaskConditionTask,
    JobTaskDependsOn,
    JobTaskEmailNotifications,
    JobTaskPythonWheelTask,
)
from cdktf_cdktf_provider_databricks.permissions import Permissions
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.job_plans import CAUSE, MODEL_URI, RUN_ID, Condition, JobPlan, TaskPlan, job_plans
from infra.resources.identity import JobsIdentity
from infra.resources.permissions import AccessLists
from infra.tags import tags
from infra.wheel import Wheel

ENVIRONMENT_KEY = "default"
SERVERLESS_ENVIRONMENT_VERSION = "4"
# What the pipelines import and no serverless environment has. It is no requirement of the wheel's: those are installed
# wherever pipelines are tested, and this package runs on Databricks alone.
FEATURE_ENGINEERING = "databricks-feature-engineering>=0.18.2,<0.19"
RETRY_AFTER_MILLISECONDS = 30_000
# People are told of a run that takes this share of its time limit, while there is time left to look at it.
SLOW = 0.5


def add_jobs(
    scope: Construct,
    environment: Environment,
    model: Model,
    wheel: Wheel,
    jobs: JobsIdentity,
    access: AccessLists,
    budget_policy_id: str,
    needed: Sequence[TerraformResource],
) -> None:
    """Add the model's jobs and who may see and run them."""
    timeout_seconds = environment.compute.job_timeout_minutes * 60
    for plan in job_plans(environment, model):
        job = Job(
            scope,
            f"job-{model.name}-{plan.purpose}",
            name=names.job(environment, model, plan.purpose),
            description=plan.description,
            budget_policy_id=budget_policy_id,
            environment=[
                JobEnvironment(
                    environment_key=ENVIRONMENT_KEY,
                    spec=JobEnvironmentSpec(
                        environment_version=SERVERLESS_ENVIRONMENT_VERSION,
                        dependencies=[wheel.volume_path(environment), FEATURE_ENGINEERING],
                    ),
                )
            ],
            # By key, as Databricks' provider reads them back: in another order each plan would show a change.
            task=[
                _condition(task) if isinstance(task, Condition) else _task(environment, model, wheel, task, plan)
                for task in sorted(plan.tasks, key=lambda task: task.key)
            ],
            parameter=[JobParameter(name=name, default="") for name in sorted(plan.parameters)] or None,
            run_as=JobRunAs(service_principal_name=jobs.application_id),
            schedule=_schedule(environment, plan),
            timeout_seconds=timeout_seconds,
            health=JobHealth(
                rules=[
                    JobHealthRules(
                        metric="RUN_DURATION_SECONDS", op="GREATER_THAN", value=round(timeout_seconds * SLOW)
                    )
                ]
            ),
            max_concurrent_runs=1,
            queue=JobQueue(enabled=True),
            email_notifications=JobEmailNotifications(
                on_failure=environment.notify, on_duration_warning_threshold_exceeded=environment.notify
            ),
            notification_settings=JobNotificationSettings(no_alert_for_skipped_runs=True),
            tags=tags(environment, model),
            depends_on=needed,
        )
        Permissions(
            scope,
            f"job-{model.name}-{plan.purpose}-permissions",
            job_id=job.id,
            access_control=access.access_control("job", names.job(environment, model, plan.purpose)),
        )


def _schedule(environment: Environment, plan: JobPlan) -> JobSchedule | None:
    if plan.schedule is None:
        return None
    paused = "PAUSED" if environment.paused_schedules else "UNPAUSED"
    return JobSchedule(quartz_cron_expression=plan.schedule, timezone_id="UTC", pause_status=paused)


def _condition(task: Condition) -> JobTask:
    return JobTask(
        task_key=task.key,
        depends_on=[JobTaskDependsOn(task_key=task.after)],
        condition_task=JobTaskConditionTask(left=task.reference, op="EQUAL_TO", right="true"),
    )


def _task(environment: Environment, model: Model, wheel: Wheel, task: TaskPlan, plan: JobPlan) -> JobTask:
    parameters = {"environment": environment.name, "model": model.name, "code-version": wheel.digest}
    if task.takes_model_uri:
        parameters["model-uri"] = MODEL_URI
    if task.takes_run_id:
        parameters["run-id"] = RUN_ID
    if task.takes_cause:
        parameters |= CAUSE
    conditions = [other.key for other in plan.tasks if isinstance(other, Condition)]
    retries = environment.compute.task_retries if task.repeatable else 0
    return JobTask(
        task_key=task.key,
        depends_on=[JobTaskDependsOn(task_key=task.after, outcome="true" if task.after in conditions else None)]
        if task.after
        else None,
        environment_key=ENVIRONMENT_KEY,
        python_wheel_task=JobTaskPythonWheelTask(
            package_name=names.WHEEL_DISTRIBUTION, entry_point=task.entry_point, named_parameters=parameters
        ),
        max_retries=retries,
        min_retry_interval_millis=RETRY_AFTER_MILLISECONDS if retries else None,
        # Serverless compute repeats failed tasks by itself, also those that must not be, unless told otherwise.
        disable_auto_optimization=True,
        timeout_seconds=environment.compute.job_timeout_minutes * 60,
        email_notifications=JobTaskEmailNotifications(on_start=environment.notify) if task.asks_people else None,
    )
