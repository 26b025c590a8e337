"""Runs the jobs of the true workflow files on this machine, in the order of their needs, each step by its own `make`.

Of actions, `actions/checkout` is done with Git; what sets up or signs in is passed over, as this machine is set up, and
is signed in to the local Azure. Environments' protection, permissions and concurrency are GitHub's and not rehearsed.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.play.delivery.github import REPOSITORY
from rehearsal.play.delivery.workflow import FOLDER, Job, Step, Workflow, WorkflowError, filled, read

Contexts = dict[str, Any]
_OURS = ("DATABRICKS_", "ARM_", "MLFLOW_", "TF_", "MAKE", "MFLAGS", "GITHUB_", "PYTEST_")
_SUCCESS, _FAILURE, _SKIPPED = "success", "failure", "skipped"


@dataclass(frozen=True)
class Event:
    """What starts a workflow: a pull request, a push, somebody's click."""

    name: str
    commit: str
    ref: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Runner:
    """A machine that runs jobs.

    Args:
        checkout: a commit in a folder.
        logs: folder of what the steps print, and of the events.
        signed_in: the variables that stand for who is signed in, louder than those of the workflow.
        hosts: addresses of workspaces by environment.
        extra: variables of every step.
        only: of a job with a matrix, only these copies are run.
    """

    checkout: Callable[[str], Path]
    logs: Path
    api_url: str
    token: str
    signed_in: Mapping[str, str]
    hosts: Mapping[str, str]
    extra: Mapping[str, str]
    only: frozenset[str]
    say: Callable[[str], None]

    def run(self, file: str, event: Event) -> dict[str, str]:
        """The results of the workflow's jobs by name."""
        workflow = read(self.checkout(event.commit) / FOLDER / file)
        if event.name not in workflow.triggers:
            raise WorkflowError(f"{file} is not started by {event.name}")
        self.logs.mkdir(parents=True, exist_ok=True)
        (self.logs / "event.json").write_text(json.dumps(event.payload), encoding="utf-8")
        github = {
            "sha": event.commit,
            "ref": event.ref,
            "event": event.payload,
            "event_name": event.name,
            "token": self.token,
            "workflow": workflow.name,
            "repository": REPOSITORY,
        }
        self.say(f"workflow {workflow.name}, by {event.name} of {event.commit[:12]}")
        return self._jobs(workflow, {"github": github, "inputs": dict(event.inputs)}, "")

    def _jobs(self, workflow: Workflow, contexts: Contexts, path: str) -> dict[str, str]:
        results: dict[str, str] = {}
        waiting = dict(workflow.jobs)
        while waiting:
            name = next((name for name, job in waiting.items() if set(job.needs) <= results.keys()), None)
            if name is None:
                raise WorkflowError(f"workflow {workflow.name}: jobs {', '.join(waiting)} wait for each other")
            results[name] = self._job(waiting.pop(name), contexts, results, f"{path}{name}")
            self.say(f"  job {path}{name}: {results[name]}")
        return results

    def _job(self, job: Job, contexts: Contexts, results: Mapping[str, str], path: str) -> str:
        needs = {name: {"result": results[name]} for name in job.needs}
        if job.condition not in ("", "always()"):
            raise WorkflowError(f"job {path}: if: {job.condition} is not understood")
        if not job.condition and any(need["result"] != _SUCCESS for need in needs.values()):
            return _SKIPPED
        found = [
            self._copy(job, {**contexts, "needs": needs, "matrix": copy}, path) for copy in self._copies(job, path)
        ]
        return _SUCCESS if all(result == _SUCCESS for result in found) else _FAILURE

    def _copies(self, job: Job, path: str) -> list[dict[str, str]]:
        kept = [copy for copy in job.matrix if not copy or self.only & set(copy.values())]
        if left := [value for copy in job.matrix if copy not in kept for value in copy.values()]:
            self.say(f"  job {path}: left out here: {', '.join(left)}")
        return kept

    def _copy(self, job: Job, contexts: Contexts, path: str) -> str:
        if job.uses:
            given = {name: filled(value, contexts) for name, value in job.given.items()}
            called = read(self.checkout(contexts["github"]["sha"]) / job.uses)
            results = self._jobs(called, {"github": contexts["github"], "inputs": given}, f"{path} / ")
            return _SUCCESS if all(result == _SUCCESS for result in results.values()) else _FAILURE
        environment = filled(job.environment, contexts)
        host = next((host for name, host in self.hosts.items() if environment.startswith(name)), "")
        contexts = {**contexts, "vars": {"DATABRICKS_HOST": host, "PEOPLE": "@example/ml-engineers"}}
        folder: Path | None = None
        for step in job.steps:
            if step.uses.startswith("actions/checkout@"):
                ref = filled(str(step.given.get("ref", "")), contexts)
                folder = self.checkout(ref or contexts["github"]["sha"])
            elif step.run and not self._step(step, job, contexts, folder, path):
                return _FAILURE
        return _SUCCESS

    def _signed_in(self, asked: Mapping[str, str]) -> dict[str, str]:
        """Azure's variables only for a job that deploys: to databricks-sdk they speak louder than a profile."""
        only_calls = "DATABRICKS_HOST" in asked
        return {name: value for name, value in self.signed_in.items() if not (only_calls and name.startswith("ARM_"))}

    def _step(self, step: Step, job: Job, contexts: Contexts, folder: Path | None, path: str) -> bool:
        if folder is None:
            raise WorkflowError(f"job {path}: a step before the checkout")
        github = {**contexts["github"], "workspace": str(folder)}
        contexts = {**contexts, "github": github}
        asked = {name: filled(value, contexts) for name, value in {**job.env, **step.env}.items()}
        signs_in = any(other.uses.startswith("azure/login@") for other in job.steps)
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.api_url,
            "GITHUB_EVENT_PATH": str(self.logs / "event.json"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "1",
            "GITHUB_SERVER_URL": "https://github.example.com",
            "GITHUB_SHA": github["sha"],
            "GITHUB_WORKFLOW": github["workflow"],
            **asked,
            **(self._signed_in(asked) if signs_in else {}),
            **self.extra,
        }
        log = self.logs / f"{path.replace(' / ', '.')}.log"
        with log.open("ab") as out:
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run]
            done = subprocess.run(command, cwd=folder, env=variables, stdout=out, stderr=out)
        self.say(f"    {asked.get('STEP', step.run)}: {'done' if done.returncode == 0 else f'failed, see {log}'}")
        return done.returncode == 0
