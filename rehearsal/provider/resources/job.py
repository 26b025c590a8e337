"""databricks_job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.2/jobs"
PLURALS = {"task": "tasks", "environment": "environments", "parameter": "parameters", "job_cluster": "job_clusters"}
CLIENT_ONLY = ("id", "always_running", "control_run_state", "timeouts")


class Job(Kind):
    """A job. Updates replace all its settings (`reset`), so that what the UI added goes."""

    name = "job"
    computed = frozenset({"format"})
    quiet = frozenset(
        {"email_notifications", "webhook_notifications", "notification_settings", "queue", "run_as", "edit_mode"}
        | {"max_concurrent_runs", "deployment", "performance_target"}
    )

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create the job."""
        answer = api.do("POST", f"{ROOT}/create", body=self._settings(wanted))
        assert isinstance(answer, dict)
        return str(answer["job_id"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The job's settings, in Terraform's words; tasks sorted by key, as the real provider has them.

        Terraform compares blocks by position: a configuration in another order shows a change that never ends.
        """
        answer = api.do("GET", f"{ROOT}/get", query={"job_id": identifier})
        assert isinstance(answer, dict)
        settings = {name: answer["settings"].get(plural, []) for name, plural in PLURALS.items()}
        settings = {"schedule": [], "trigger": [], "tags": None, **answer["settings"], **settings}
        settings.setdefault("run_as", _run_as(answer.get("run_as_user_name")))
        settings["task"] = sorted(map(_singular, settings["task"]), key=lambda task: str(task["task_key"]))
        return {**values.shaped(self.block, settings), "url": f"{api._cfg.host}/#job/{identifier}"}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Replace the settings."""
        body = {"job_id": int(identifier), "new_settings": self._settings(wanted)}
        api.do("POST", f"{ROOT}/reset", body=body)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete the job."""
        api.do("POST", f"{ROOT}/delete", body={"job_id": int(identifier)})

    def _settings(self, wanted: Values) -> Values:
        given = self.document({name: value for name, value in wanted.items() if name not in CLIENT_ONLY})
        settings = {PLURALS.get(name, name): value for name, value in given.items()}
        settings["tasks"] = [_plural(task) for task in settings.get("tasks", [])]
        return {"format": "MULTI_TASK", **settings}


def _plural(task: Values) -> Values:
    """A task's libraries are blocks named `library`; so are those of the task nested in a for-each."""
    return _renamed(task, "library", "libraries")


def _singular(task: Values) -> Values:
    return _renamed(task, "libraries", "library")


def _renamed(task: Values, old: str, new: str) -> Values:
    renamed = {(new if name == old else name): value for name, value in task.items()}
    loop = renamed.get("for_each_task")
    if loop and loop.get("task"):
        renamed["for_each_task"] = {**loop, "task": _renamed(loop["task"], old, new)}
    return renamed


def _run_as(name: Any) -> Values | None:
    if not name:
        return None
    return {"user_name" if "@" in name else "service_principal_name": name}
