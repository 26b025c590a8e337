"""What may become of a change, told by the workflows themselves; a story fails where they do not do as they should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.jobs import Job

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play.delivery.github import REPOSITORY, Repository
from rehearsal.play.delivery.remote import Remote
from rehearsal.play.delivery.runner import Event, Runner
from rehearsal.play.platform import LocalPlatform

SETTINGS, BREAKABLE = "environments/staging.yaml", "pipelines/ingestion/run.py"
MODEL = "bike_demand"


class StoryError(Exception):
    """Delivery did something else than it should."""


@dataclass(frozen=True)
class Stage:
    """What a story has at hand."""

    remote: Remote
    github: Repository
    runner: Runner
    local: LocalPlatform

    def pull_request(self, branch: str, path: str, text: str) -> tuple[int, str, str, dict[str, str]]:
        """Its number, its commit, the trial merge, and what became of the workflow's jobs."""
        base, head = self.remote.main, self.remote.commit(branch, path, text)
        merge, number = self.remote.merged(branch), self.github.open_pull(branch, head)
        pull = {"number": number, "head": {"sha": head, "repo": {"full_name": REPOSITORY}}, "base": {"sha": base}}
        event = Event("pull_request", merge, f"refs/pull/{number}/merge", {"pull_request": pull})
        return number, head, merge, self.runner.run("pull-request.yml", event)

    def merge(self, number: int, merge: str) -> dict[str, str]:
        """Merge it; what became of the jobs on main."""
        self.remote.advance(merge)
        self.github.merge(number, merge, datetime.now(UTC).isoformat())
        return self.runner.run("main.yml", Event("push", merge, "refs/heads/main"))

    def job(self, environment: str) -> Job:
        """The training job, as it is deployed."""
        name = names.job(load_environment(environment), load_model(MODEL), "training")
        client = self.local.client(environment)
        return client.jobs.get(int(next(iter(client.jobs.list(name=name))).job_id or 0))


def good(stage: Stage) -> None:
    """A good change is planned, tested in staging, merged and deployed there."""
    number, head, merge, results = stage.pull_request("fewer-rounds", SETTINGS, _rounds(stage, 50))
    _expect("the pull request's jobs", set(results.values()), {"success"})
    plans = [text for text in stage.github.texts(number) if "understudy:plan" in text]
    _expect("comments with plans", len(plans), 1)
    _expect("environments in it", [name for name in ("staging", "prod") if f"### Plan of {name}" in plans[0]], BOTH)
    _expect("its verdict", _state(stage, head, "delivery/verdict"), "success")
    _expect("endpoints left over", [name for name in _endpoints(stage) if "-integration-" in name], [])
    results = stage.merge(number, merge)
    _expect("main's jobs", set(results.values()), {"success"})
    _expect("staging's deployment", _state(stage, merge, "delivery/deploy-staging"), "success")


def failing_unit(stage: Stage) -> None:
    """A failing unit test rejects the change, before it comes near staging."""
    path, test = "tests/unit/delivery/test_sums.py", "def test_sums() -> None:\n    assert 1 + 1 == 3\n"
    number, head, _, results = stage.pull_request("wrong-sums", path, test)
    _expect("checks", results["checks"], "failure")
    _expect("integration", results["integration"], "skipped")
    _expect("its verdict", _state(stage, head, "delivery/verdict"), "failure")
    said = "\n".join(stage.github.texts(number))
    _expect("the test's name on the pull request", "test_sums" in said, True)
    _expect("people named", "@example/ml-engineers" in said, True)


def failing_integration(stage: Stage) -> None:
    """A job that fails in staging rejects the change; staging is as it was."""
    before = _wheel(stage.job("staging"))
    broken = stage.remote.text(BREAKABLE) + '\n\ndef main() -> None:  # noqa: F811\n    raise ValueError("no files")\n'
    number, head, _, results = stage.pull_request("broken-ingestion", BREAKABLE, broken)
    _expect("integration", results["integration"], "failure")
    _expect("its verdict", _state(stage, head, "delivery/verdict"), "failure")
    said = "\n".join(stage.github.texts(number))
    _expect("the job's error on the pull request", "no files" in said, True)
    _expect("staging's wheel", _wheel(stage.job("staging")), before)


def changed_plan(stage: Stage) -> None:
    """Between review and merge somebody changes staging by hand: what would be applied now was not reviewed."""
    number, _, merge, results = stage.pull_request("other-rounds", SETTINGS, _rounds(stage, 40))
    _expect("the pull request's jobs", set(results.values()), {"success"})
    before, client = _wheel(stage.job("staging")), stage.local.client("staging")
    intruder = PermissionsChange(principal="account users", add=[Privilege.BROWSE])
    client.grants.update("CATALOG", load_environment("staging").catalog, changes=[intruder])
    results = stage.merge(number, merge)
    _expect("main's jobs", set(results.values()), {"failure"})
    _expect("staging's wheel", _wheel(stage.job("staging")), before)
    said = str(_status(stage, merge, "delivery/deploy-staging"))
    _expect("why, in the status", "plan of staging: found digest" in said, True)
    issues = [issue["title"] for issue in stage.github.issues.values() if issue["state"] == "open"]
    _expect("open issues", issues, ["Delivery: main fails"])
    new = said.partition("found digest ")[2].partition(" ")[0]
    event = Event("workflow_dispatch", merge, "refs/heads/main", inputs={"reviewed": new})
    results = stage.runner.run("main.yml", event)
    _expect("main's jobs, once people have read that plan", set(results.values()), {"success"})
    _expect("open issues", [issue for issue in stage.github.issues.values() if issue["state"] == "open"], [])


def rolled_back(stage: Stage) -> None:
    """Two releases reach prod, and the first comes back."""
    first = stage.remote.main
    _expect("the first release", set(_release(stage, "release/1", first).values()), {"success"})
    wheel = _wheel(stage.job("prod"))
    number, _, merge, results = stage.pull_request("last-rounds", SETTINGS, _rounds(stage, 30))
    _expect("the pull request's jobs", set(results.values()), {"success"})
    _expect("main's jobs", set(stage.merge(number, merge).values()), {"success"})
    _expect("the second release", set(_release(stage, "release/2", merge).values()), {"success"})
    _expect("another wheel in prod", _wheel(stage.job("prod")) != wheel, True)
    event = Event("workflow_dispatch", first, "refs/heads/release/1")
    _expect("the rollback", set(stage.runner.run("roll-back.yml", event).values()), {"success"})
    _expect("prod's wheel", _wheel(stage.job("prod")), wheel)


BOTH = ["staging", "prod"]
STORIES: dict[str, Callable[[Stage], None]] = {
    "unit": failing_unit,
    "good": good,
    "integration": failing_integration,
    "changed": changed_plan,
    "rollback": rolled_back,
}


def _release(stage: Stage, branch: str, commit: str) -> dict[str, str]:
    return stage.runner.run("release.yml", Event("push", commit, f"refs/heads/{branch}"))


def _rounds(stage: Stage, count: int) -> str:
    lines = stage.remote.text(SETTINGS).splitlines(keepends=True)
    return "".join(f"  boosting_rounds: {count}\n" if "boosting_rounds:" in line else line for line in lines)


def _wheel(job: Job) -> str:
    """The path of the wheel that the job runs: it has the digest of its code."""
    environments = (job.settings.environments if job.settings else None) or []
    return str(environments[0].spec.dependencies) if environments and environments[0].spec else ""


def _endpoints(stage: Stage) -> list[str]:
    return [endpoint.name or "" for endpoint in stage.local.client("staging").serving_endpoints.list()]


def _status(stage: Stage, commit: str, context: str) -> str:
    return str((stage.github.status(commit, context) or {}).get("description"))


def _state(stage: Stage, commit: str, context: str) -> str:
    return str((stage.github.status(commit, context) or {}).get("state"))


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise StoryError(f"{what}: found {found}, expected {expected}")
