"""What the stacks are: tagged, ordered, the same in every checkout, and right about the wheel."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from environments.settings import ENVIRONMENTS, load_model, model_names
from infra.job_plans import CAUSE
from infra.wheel import find_wheel
from rehearsal.packages import stand_ins
from tests.infra.synthesis import ROOT, read_stacks, run_infra, synthesize

Stack = dict[str, Any]
JOBS = "data.terraform_remote_state.account.outputs.service_principals"


def schemas(model: str) -> set[str]:
    """Names that addresses of a model's resources have among their parts: its own and those of its schemas."""
    settings = load_model(model)
    return {settings.name, settings.schema_name, settings.sources.schema_name}


def test_there_is_a_stack_of_the_account_and_two_for_each_environment(stacks: dict[str, Stack]) -> None:
    assert sorted(stacks) == sorted(["account", *ENVIRONMENTS, *(f"{name}-workspace" for name in ENVIRONMENTS)])


def test_synthesis_is_the_same_each_time_and_names_no_path_of_the_machine(synthesized: Path, tmp_path: Path) -> None:
    again = tmp_path / "elsewhere"
    assert run_infra(again, PYTHONHASHSEED="7").returncode == 0
    files = sorted(path.relative_to(synthesized) for path in synthesized.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for file in files:
        assert (synthesized / file).read_bytes() == (again / file).read_bytes(), file
    for name in read_stacks(synthesized):
        text = (synthesized / "stacks" / name / "cdk.tf.json").read_text()
        assert str(ROOT) not in text and str(synthesized) not in text and str(Path.home()) not in text


def test_a_model_is_one_more_file(
    settings_folder: Callable[[], Path], tmp_path: Path, stacks: dict[str, Stack]
) -> None:
    folder = settings_folder()
    another = yaml.safe_load((folder / "models" / "flight_delay.yaml").read_text())
    another |= {"name": "diversion", "schema": "diversion"}
    (folder / "models" / "diversion.yaml").write_text(yaml.safe_dump(another))

    more = synthesize(tmp_path / "out", folder, only="prod")

    before, after = stacks["prod"]["resource"], more["prod"]["resource"]
    jobs = [name for name in before["databricks_job"] if name.startswith("job-flight_delay-")]
    assert len(after["databricks_job"]) == len(before["databricks_job"]) + len(jobs)
    for kind in ("databricks_model_serving", "databricks_registered_model"):
        assert len(after[kind]) == len(before[kind]) + 1
    tables = [(table["schema_name"], table["name"]) for table in after["databricks_sql_table"].values()]
    # Its predictions, their log and what they took, too, and four of its stream; source tables and theirs are shared.
    own = len(another["feature_tables"]) + 3 + 4
    assert len(tables) == len(set(tables)) == len(before["databricks_sql_table"]) + own
    logic_apps = "azurerm_logic_app_workflow"
    there, now = (found["prod-workspace"]["resource"][logic_apps] for found in (stacks, more))
    assert len(now) == len(there) + 1
    assert more["prod-workspace"]["output"]["retrain_urls"]["value"].keys() == {*model_names(), "diversion"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_tasks_are_in_the_order_in_which_the_provider_reads_them_back(name: str, stacks: dict[str, Stack]) -> None:
    for job in stacks[name]["resource"]["databricks_job"].values():
        keys = [task["task_key"] for task in job["task"]]
        assert keys == sorted(keys)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_whatever_bears_tags_says_its_environment(name: str, stacks: dict[str, Stack]) -> None:
    resources = stacks[name]["resource"]
    for job in resources["databricks_job"].values():
        assert job["tags"]["environment"] == name and job["tags"]["model"]
    for endpoint in resources["databricks_model_serving"].values():
        assert {"key": "environment", "value": name} in endpoint["tags"]
    for warehouse in resources["databricks_sql_endpoint"].values():
        assert {"key": "environment", "value": name} in warehouse["tags"]["custom_tags"]
    for kind in ("databricks_catalog", "databricks_schema"):
        for resource in resources[kind].values():
            assert resource["properties"]["environment"] == name


@pytest.mark.parametrize("model", model_names())
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_jobs_wait_for_all_that_they_use_and_run_as_the_service_principal(
    name: str, model: str, stacks: dict[str, Stack]
) -> None:
    resources = stacks[name]["resource"]
    kinds = ("grants", "file", "sql_table", "mlflow_experiment", "registered_model", "model_serving")
    needed = {f"databricks_{kind}.{key}" for kind in kinds for key in resources[f"databricks_{kind}"]}
    # Who may look at the storage, or approve a version, is nothing to a job.
    aside = ("databricks_grants.grants-external_location-", "databricks_grants.grants-registered_model-")
    needed = {address for address in needed if not address.startswith(aside)}
    own = schemas(model)
    others = {schema for other in model_names() for schema in schemas(other)} - own
    needed = {address for address in needed if not others & set(address.split("-"))}
    jobs = [job for key, job in resources["databricks_job"].items() if key.startswith(f"job-{model}-")]
    assert jobs
    for job in jobs:
        assert needed <= set(job["depends_on"])
        assert not any(others & set(address.split("-")) for address in job["depends_on"])
        assert job["run_as"] == {"service_principal_name": f"${{{JOBS}.{name}.application_id}}"}
        assert job["max_concurrent_runs"] == 1 and job["queue"]["enabled"]
        assert job["email_notifications"]["on_failure"]


def test_training_hands_the_model_uri_on(stacks: dict[str, Stack]) -> None:
    job = stacks["staging"]["resource"]["databricks_job"]["job-flight_delay-training"]
    tasks = {task["task_key"]: task for task in job["task"]}
    after = {key: [edge["task_key"] for edge in task.get("depends_on", [])] for key, task in tasks.items()}
    assert after == {
        "guard": [],
        "proceed": ["guard"],
        "train": ["proceed"],
        "validate": ["train"],
        "deploy": ["validate"],
    }
    assert tasks["train"]["depends_on"][0]["outcome"] == "true"
    assert tasks["proceed"]["condition_task"]["left"] == "{{tasks.guard.values.proceed}}"
    asked = {reference.partition("{{job.parameters.")[2].rstrip("}") for reference in CAUSE.values()} - {""}
    assert [one["name"] for one in job["parameter"]] == sorted(asked)
    for key in ("guard", "train"):
        assert CAUSE.items() <= tasks[key]["python_wheel_task"]["named_parameters"].items()
    for key in ("validate", "deploy"):
        given = tasks[key]["python_wheel_task"]["named_parameters"]
        assert given["model-uri"] == "{{tasks.train.values.model_uri}}"


def test_the_wheel_is_code_alone_so_that_a_word_of_documents_deploys_no_job() -> None:
    with zipfile.ZipFile(find_wheel(ROOT / "dist").path) as archive:
        (member,) = [member for member in archive.namelist() if member.endswith("/METADATA")]
        facts, _, description = archive.read(member).decode().partition("\n\n")
    assert "Name: understudy" in facts and not description


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_jobs_run_the_uploaded_wheel_by_entry_points_that_it_has(
    name: str, stacks: dict[str, Stack], synthesized: Path
) -> None:
    resources = stacks[name]["resource"]
    (file,) = resources["databricks_file"].values()
    wheel = find_wheel(ROOT / "dist")
    assert (synthesized / "stacks" / name / file["source"]).read_bytes() == wheel.path.read_bytes()
    with zipfile.ZipFile(wheel.path) as archive:
        (member,) = [member for member in archive.namelist() if member.endswith("/entry_points.txt")]
        entry_points = archive.read(member).decode()
    for job in resources["databricks_job"].values():
        path, *packages = job["environment"][0]["spec"]["dependencies"]
        assert path == file["path"]
        (asked,) = map(Requirement, packages)
        assert stand_ins()[asked.name].version in asked.specifier
        for task in (task for task in job["task"] if "condition_task" not in task):
            assert task["python_wheel_task"]["named_parameters"]["code-version"] == wheel.digest
            assert f"\n{task['python_wheel_task']['entry_point']} = " in entry_points


def test_terraform_leaves_what_the_endpoint_serves_alone(stacks: dict[str, Stack]) -> None:
    for name in ENVIRONMENTS:
        for endpoint in stacks[name]["resource"]["databricks_model_serving"].values():
            assert "config" not in endpoint
