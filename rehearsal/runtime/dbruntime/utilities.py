"""`dbutils`: task values, widgets, notebook; files and secrets by databricks-sdk's own implementation over REST."""

from __future__ import annotations

import json
import sys
from functools import cached_property
from typing import Any, NoReturn

from databricks.sdk.dbutils import RemoteDbUtils
from databricks.sdk.errors import NotFound

from dbruntime.task_run import Values, current


class TaskValues:
    """`dbutils.jobs.taskValues`: https://learn.microsoft.com/azure/databricks/jobs/task-values."""

    @cached_property
    def _values(self) -> Values:
        return Values()

    def set(self, key: str, value: Any) -> None:
        """Hand a value, anything that JSON can say, to the tasks that follow. Raises ValueError for other things."""
        try:
            plain = json.loads(json.dumps(value))
        except TypeError as error:
            raise ValueError(f"Task value '{key}' cannot be written as JSON: {error}") from error
        self._values.put(key, plain)

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:
        """The value that a task of this run has set, or `default`. Raises ValueError when there is neither.

        Args:
            debugValue: what a notebook outside of a job gets; a job's task never does.
        """
        try:
            return self._values.get(taskKey, key)
        except NotFound:
            if default is not None:
                return default
            raise ValueError(
                f"Task key: {taskKey}, value key: {key}: this run has no such task value, and no default was given."
            ) from None


class Jobs:
    """`dbutils.jobs`."""

    def __init__(self) -> None:
        self.taskValues = TaskValues()


class Widgets:
    """`dbutils.widgets`: the task's named parameters, given to the process as `--name=value`."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        """Declare a widget; the task's parameter of that name goes before the default."""
        self._values.setdefault(name, defaultValue)

    def get(self, name: str) -> str:
        """The parameter's or widget's value. Raises ValueError when there is neither."""
        values = {**self._values, **self.getAll()}
        if name not in values:
            raise ValueError(f"No input widget named {name} is defined")
        return values[name]

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:
        """The value, or the default."""
        try:
            return self.get(name)
        except ValueError:
            if defaultValue is None:
                raise
            return defaultValue

    def getAll(self) -> dict[str, str]:
        """All named parameters of the task."""
        pairs = (argument[2:].split("=", 1) for argument in sys.argv[1:] if argument.startswith("--"))
        return {**self._values, **{pair[0]: pair[1] for pair in pairs if len(pair) == 2}}

    def remove(self, name: str) -> None:
        """Take a widget away."""
        self._values.pop(name, None)

    def removeAll(self) -> None:
        """Take all widgets away."""
        self._values.clear()


class Notebook:
    """`dbutils.notebook`, as far as a task that is no notebook has one."""

    def exit(self, value: str = "") -> NoReturn:
        """End the task with success."""
        print(f"Notebook exited: {value}", flush=True)  # noqa: T201
        sys.exit(0)


class DBUtils:
    """`dbutils`; its parts connect to the workspace when they are first used."""

    def __init__(self) -> None:
        self.jobs = Jobs()
        self.widgets = Widgets()
        self.notebook = Notebook()

    @cached_property
    def _remote(self) -> RemoteDbUtils:
        return RemoteDbUtils()

    @property
    def fs(self) -> Any:
        """Files of volumes."""
        return self._remote.fs

    @property
    def secrets(self) -> Any:
        """Secrets of the workspace's scopes."""
        return self._remote.secrets


__all__ = ["DBUtils", "current"]
