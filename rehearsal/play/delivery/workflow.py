"""A workflow's file, as far as delivery's own workflows go; what is not known here is refused, not passed over."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

FOLDER = Path(".github/workflows")
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*")


class WorkflowError(Exception):
    """The workflow says something that is not understood here."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Part):
    """A line of a job: an action, or what a shell runs."""

    uses: str = ""
    run: str = ""
    shell: str = ""
    env: dict[str, str] = {}
    given: dict[str, str | bool] = Field(default={}, alias="with")


class Job(_Part):
    """A job of its own, or the call of another workflow (`uses`)."""

    name: str = ""
    needs: list[str] = []
    condition: str = Field(default="", alias="if")
    runs_on: str = Field(default="", alias="runs-on")
    timeout_minutes: int = Field(default=0, alias="timeout-minutes")
    environment: str = ""
    permissions: dict[str, str] | None = None
    concurrency: dict[str, Any] = {}
    strategy: dict[str, Any] = {}
    env: dict[str, str] = {}
    steps: list[Step] = []
    uses: str = ""
    given: dict[str, str] = Field(default={}, alias="with")

    @field_validator("needs", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @property
    def matrix(self) -> list[dict[str, str]]:
        """What each of its copies is given; one copy where there is no matrix."""
        matrix: Mapping[str, list[str]] = self.strategy.get("matrix", {})
        if len(matrix) > 1:
            raise WorkflowError(f"a matrix of {', '.join(matrix)}: only one dimension is understood")
        return [{name: value} for name, values in matrix.items() for value in values] or [{}]


class Workflow(_Part):
    """A file of .github/workflows."""

    name: str
    triggers: dict[str, Any] = Field(alias="on")
    permissions: dict[str, str] | None = None
    concurrency: dict[str, Any] = {}
    jobs: dict[str, Job]


def read(file: Path) -> Workflow:
    """Raises WorkflowError with the file's name for what is not understood."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    # To YAML 1.1 the word `on` is true.
    document["on"] = document.pop(True, document.get("on"))
    try:
        return Workflow.model_validate(document)
    except ValueError as error:
        raise WorkflowError(f"{file.name}: {error}") from error


def filled(text: str, contexts: Mapping[str, Any]) -> str:
    """The text with the values of its expressions: paths such as `github.sha`, and `toJSON(needs)`."""
    return _EXPRESSION.sub(lambda match: _value(match[1], contexts), text)


def _value(expression: str, contexts: Mapping[str, Any]) -> str:
    if whole := re.fullmatch(r"toJSON\((\w+)\)", expression):
        return json.dumps(contexts[whole[1]])
    if not _PATH.fullmatch(expression):
        raise WorkflowError(f"expression {expression} is not understood")
    value: Any = contexts
    for name in expression.split("."):
        # GitHub: what is not there is empty.
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return str(value)
