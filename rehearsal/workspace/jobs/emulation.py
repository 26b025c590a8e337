"""What jobs say of themselves on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Jobs",
    summary="Jobs and their runs by Jobs API 2.1 and 2.2; each task really runs, as the job's `run_as`.",
    works=(
        "Tasks: `python_wheel_task`, `spark_python_task`, `sql_task` (file, query, alert), `condition_task`, "
        "`for_each_task`, `run_job_task`; task graphs with all six `run_if` conditions and branches by `outcome`",
        "Runs by run-now, `runs/submit`, schedules, triggers and run-job tasks; `idempotency_token`, `only`, "
        "parameters with defaults, dynamic value references, task values",
        "Repair by `rerun_tasks`, `rerun_all_failed_tasks` and `rerun_dependent_tasks`, by the job's settings of now, "
        "with its history; of a for-each task only the iterations that have not succeeded",
        "Retries, timeouts of run and task, cancelling of a run, of one task, of all; queueing and "
        "`max_concurrent_runs`",
        "State as both `state` and `status`; an entry of `tasks` for every attempt; iterations as runs; logs, errors "
        "and traces by `runs/get-output`; pages of lists and of tasks",
        "E-mail and webhooks on start, success, failure and long duration (health rule RUN_DURATION_SECONDS), of job "
        "and task, with `notification_settings`",
        "Permissions CAN_VIEW, CAN_MANAGE_RUN, CAN_MANAGE and IS_OWNER on every route; who starts a run may see it",
        "A workspace that is killed goes on: tasks whose process was lost are retried or fail with DRIVER_ERROR, "
        "if/else, for-each and run-job tasks resume where they were",
    ),
    differs=(
        "Compute is serverless only: a task is a process of this machine, its environment is checked and not installed",
        "Files of `sql_task` and `spark_python_task` are files of volumes; there are no workspace files and no Git",
        "`rerun_tasks` also runs the tasks that were skipped because of one that is repeated",
        "An alert task evaluates on the alert's own warehouse",
        "A task that was skipped because of a failure above it is told to `on_failure` like one that failed, unless "
        "`no_alert_for_skipped_runs` is set; Databricks does not document which",
        "Budget policies (for those who may use them), tags and performance targets are kept and shown, and do nothing",
    ),
    refused=(
        "Other types of tasks, clusters and job clusters, `git_source`, `continuous`, disabled tasks",
        "`sql_task` of a legacy dashboard; parameters of task types that no task here has",
        "Health rules and notifications about streaming backlogs",
        "A for-each task within another; a job that runs itself by run-job tasks; export of runs",
    ),
)
