"""The task run that this process is, and the workspace's private door for its runtime."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from urllib.parse import quote

from databricks.sdk.core import ApiClient, Config

VARIABLE = "DATABRICKS_TASK_RUN"


@dataclass(frozen=True)
class TaskRun:
    """Ids of the run that this process belongs to."""

    job_id: int
    run_id: int
    task_run_id: int
    task_key: str


def current() -> TaskRun:
    """This process's task run. Raises RuntimeError outside of a job."""
    text = os.environ.get(VARIABLE)
    if text is None:
        raise RuntimeError("this process is not a task of a job run")
    return TaskRun(**json.loads(text))


class Values:
    """Task values over REST."""

    def __init__(self) -> None:
        self._api = ApiClient(Config())

    def put(self, key: str, value: object) -> None:
        """Set this task's value."""
        self._api.do("PUT", f"{_root()}/{_part(key)}", body={"value": value})

    def get(self, task_key: str, key: str) -> object:
        """A value of a task of this run. Raises databricks.sdk.errors.NotFound."""
        answer = self._api.do("GET", f"{_root()}/{_part(task_key)}/{_part(key)}")
        assert isinstance(answer, dict)
        return answer["value"]


def _root() -> str:
    return f"/api/internal/task-runs/{current().task_run_id}/values"


def _part(text: str) -> str:
    return quote(text, safe="")
