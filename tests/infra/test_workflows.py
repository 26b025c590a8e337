"""The pipelines' files: linted by actionlint and zizmor, and held to the rules of our own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.steps import STEPS
from rehearsal.play.delivery.workflow import FOLDER, Workflow, read
from tests.infra.synthesis import ROOT

WORKFLOWS = sorted((ROOT / FOLDER).glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
AZURE = sorted((ROOT / "azure-pipelines").glob("*.yml"))
# The package of actionlint for Node.js is of 2022: what GitHub has added since, it takes for mistakes.
ADDED_SINCE = ('label "ubuntu-24.04" is unknown', 'undefined variable "vars"', 'unexpected key "queue"')
# What a reusable workflow's caller guards, or guards itself.
CALLED = {"plan.yml"}

named = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


def uses(file: Path) -> list[str]:
    return re.findall(r"^ *(?:- )?uses: *(.+)$", file.read_text(), re.MULTILINE)


def runs(value: Any, key: str) -> Iterator[str]:
    """What the shells of a file run."""
    if isinstance(value, dict):
        if isinstance(value.get(key), str):
            yield value[key]
        for item in value.values():
            yield from runs(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from runs(item, key)


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def steps_of(workflow: Workflow) -> Iterator[str]:
    for job in workflow.jobs.values():
        for step in job.steps:
            if "STEP" in step.env:
                for copy in job.matrix:
                    name = re.sub(r"\$\{\{ matrix\.step \}\}", copy.get("step", ""), step.env["STEP"])
                    yield from (name.replace("${{ inputs.environment }}", env) for env in ("staging", "prod"))


def azure_jobs(file: Path) -> list[dict[str, Any]]:
    """The jobs of a pipeline that are a template each, of whatever stage."""
    document = yaml.safe_load(file.read_text())
    stages = document.get("stages", [document])
    return [job for stage in stages for job in stage.get("jobs", []) if "template" in job]


def test_actionlint_finds_nothing() -> None:
    files = [str(file.relative_to(ROOT)) for file in WORKFLOWS]
    script = ROOT / "setup" / "actionlint.mjs"
    done = subprocess.run(["node", str(script), *files], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert [f for f in found if not f["message"].startswith(ADDED_SINCE)] == []
    assert {known for known in ADDED_SINCE for f in found if f["message"].startswith(known)} == set(ADDED_SINCE)


def test_actionlint_finds_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    script = [str(ROOT / "setup" / "actionlint.mjs"), str(tmp_path / "bad.yml")]
    done = subprocess.run(["node", *script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "run-on" in done.stdout


def test_zizmor_finds_nothing() -> None:
    # Its low findings want a spelling of local actions that this repository's other tools do not know.
    command = [str(Path(sys.executable).parent / "zizmor"), "--offline", "--no-progress", "--min-severity", "medium"]
    done = subprocess.run([*command, ".github"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_actions_of_others_are_pinned_by_commit_and_say_their_version(file: Path) -> None:
    for used in uses(file):
        assert used.startswith("./") or re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


@named
def test_nothing_is_allowed_unless_a_job_says_so(file: Path) -> None:
    workflow = read(file)
    assert workflow.permissions == {}
    for name, job in workflow.jobs.items():
        assert job.permissions, name
        assert set(job.permissions) <= {"contents", "id-token", "issues", "pull-requests", "statuses"}, name
        assert job.permissions["contents"] == "read", name
        signs_in = any(step.uses.startswith("azure/login@") for step in job.steps)
        assert job.uses or signs_in == ("id-token" in job.permissions), name


@named
def test_no_two_runs_meet(file: Path) -> None:
    workflow = read(file)
    for guarded in [workflow.concurrency] if workflow.concurrency else [j.concurrency for j in workflow.jobs.values()]:
        assert guarded["group"]
        assert guarded.get("cancel-in-progress", False) is False, "Terraform may be under way"
    assert workflow.concurrency or file.name in CALLED


@named
def test_a_job_that_changes_an_environment_has_it_for_itself(file: Path) -> None:
    """A step that deploys stands in a workflow whose group is the environment."""
    workflow = read(file)
    for name in steps_of(workflow):
        if name.startswith(("deploy-", "try-", "restore-", "integration")) and name in STEPS:
            assert workflow.concurrency["group"] == (name.partition("-")[2] or "staging")


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS, *AZURE], ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_shells_only_call_make(file: Path) -> None:
    document = yaml.safe_load(file.read_text())
    for line in [line for key in ("run", "script", "inlineScript") for line in runs(document, key)]:
        assert re.fullmatch(r"make [a-z-]+", line), line
        assert line.split()[1] in targets()


@named
def test_what_make_needs_is_installed_before_it_is_called(file: Path) -> None:
    for name, job in read(file).jobs.items():
        done = [step.uses or step.run.partition(" ")[0] for step in job.steps]
        assert "make" not in done or done.index("./.github/actions/set-up") < done.index("make"), name


@named
def test_every_step_is_one(file: Path) -> None:
    for name in steps_of(read(file)):
        assert name in STEPS


def test_azure_pipelines_call_the_same_steps() -> None:
    called = {step for file in AZURE for step in re.findall(r"^ +step: ([a-z-]+)$", file.read_text(), re.MULTILINE)}
    assert called == STEPS.keys()


# Steps that call a workspace without Terraform, which knows its address.
CALLS = {"integration", "clean-up-staging", "train-prod", "roll-back-model"}


@named
def test_a_step_that_only_calls_a_workspace_is_told_its_address(file: Path) -> None:
    for name, job in read(file).jobs.items():
        steps = {step.env.get("STEP") for step in job.steps}
        assert ("DATABRICKS_HOST" in job.env) == bool(steps & CALLS), name


@pytest.mark.parametrize("file", AZURE, ids=lambda file: file.stem)
def test_azure_pipelines_tell_such_a_step_the_address_too(file: Path) -> None:
    for job in azure_jobs(file):
        given = job.get("parameters", {})
        assert ("host" in given) == (given.get("step") in CALLS), given


@pytest.mark.parametrize("name", ["release", "roll-back"])
def test_azure_asks_people_once_they_can_read_the_plan(name: str) -> None:
    """It asks before a stage begins whoever is asked in it, so the plan must be made in one before."""
    stages = yaml.safe_load((ROOT / "azure-pipelines" / f"{name}.yml").read_text())["stages"]
    of_step = {job["parameters"].get("step"): stage for stage in stages for job in stage["jobs"]}
    assert of_step["deploy-prod"]["dependsOn"] == of_step["plan-prod"]["stage"] != of_step["deploy-prod"]["stage"]


def test_every_step_calls_a_target() -> None:
    assert {step.make[0] for step in STEPS.values()} <= targets()
    assert {before for step in STEPS.values() for before in step.after} <= STEPS.keys()


def test_no_secret_is_kept() -> None:
    for file in (*WORKFLOWS, *ACTIONS):
        assert "secrets." not in file.read_text()
