"""Required metadata: the version says what it is, and the run that made it says of which code and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from environments.settings import Validation
from pipelines.descriptions import without_section
from pipelines.validation.checks import Check
from pipelines.validation.report import HEADING

CODE_VERSION = "code_version"


def tags_check(tags: Mapping[str, str], rules: Validation) -> Check:
    """Are all required tags there, with a value."""
    missing = [name for name in rules.required_tags if not tags.get(name)]
    found = f"no {', '.join(missing)}" if missing else "all of them"
    return Check("required_tags", not missing, found, f"tags {', '.join(rules.required_tags)}")


def description_check(version: ModelVersion) -> Check:
    """Do people who open the version read what it is; an earlier validation's report says nothing of that."""
    written = bool(without_section(version.description, HEADING))
    return Check("description", written, "one" if written else "none", "a description of the version")


def run_check(client: MlflowClient, version: ModelVersion) -> tuple[Run | None, Check]:
    """Is there the run that made the version, and does it name the code."""
    expected = f"a run with the tag {CODE_VERSION}"
    if not version.run_id:
        return None, Check("run", False, "no run", expected)
    try:
        run = client.get_run(version.run_id)
    except MlflowException as error:
        return None, Check("run", False, f"run {version.run_id}, which cannot be read: {error.error_code}", expected)
    code = run.data.tags.get(CODE_VERSION)
    found = f"code {code}" if code else f"run {version.run_id} without that tag"
    return run, Check("run", bool(code), found, expected)


def inputs_check(run: Run, tables: Sequence[str]) -> Check:
    """Is the run linked to the tables that it learned from, each at the version that it read."""
    linked = {used.dataset.name for used in run.inputs.dataset_inputs}
    missing = [table for table in tables if table not in linked]
    found = f"no {', '.join(missing)}" if missing else f"{len(linked)} tables"
    return Check("inputs", not missing, found, f"a run linked to {', '.join(tables)}")
