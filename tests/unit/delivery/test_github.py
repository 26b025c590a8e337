"""Delivery's own client of GitHub, against a server that speaks its API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery import verdict
from delivery.errors import DeliveryError
from delivery.forge import PullRequest, Status
from delivery.github import GitHub
from delivery.here import forge_here
from delivery.review import reviewed_digest
from delivery.steps import perform
from delivery.text import with_section
from rehearsal.play.delivery.github import REPOSITORY, GitHubServer, Repository

HEAD, MERGE = "a" * 40, "b" * 40


@pytest.fixture
def repository() -> Iterator[GitHubServer]:
    with GitHubServer(Repository()) as server:
        yield server


def client(server: GitHubServer, folder: Path, number: int | None = None, token: str = "") -> GitHub:
    return GitHub(variables(server, folder, number) | ({"GITHUB_TOKEN": token} if token else {}))


def variables(
    server: GitHubServer, folder: Path, number: int | None = None, repository: str = REPOSITORY
) -> dict[str, str]:
    """What a workflow's run has; of a pull request whose head is in that repository."""
    pull = {"number": number, "head": {"sha": HEAD, "repo": {"full_name": repository} if repository else None}}
    (folder / "event.json").write_text(json.dumps({"pull_request": pull} if number else {}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": server.url,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ID": "7",
        "GITHUB_SERVER_URL": "https://github.example.com",
        "GITHUB_SHA": MERGE,
        "GITHUB_TOKEN": server.repository.token,
        "GITHUB_WORKFLOW": "main",
    }


def test_a_pull_requests_run_speaks_of_its_head(repository: GitHubServer, tmp_path: Path) -> None:
    run = client(repository, tmp_path, repository.repository.open_pull("x", HEAD)).run
    assert (run.commit, run.pull_request) == (HEAD, 1)
    assert run.url == f"https://github.example.com/{REPOSITORY}/actions/runs/7"


def test_one_comment_is_changed_in_place_whatever_else_is_said(repository: GitHubServer, tmp_path: Path) -> None:
    number = repository.repository.open_pull("x", HEAD)
    forge = client(repository, tmp_path, number)
    for other in range(120):  # more than a page
        forge.edit_comment(number, f"other-{other}", lambda _: "other")
    for environment in ("staging", "prod", "staging"):
        forge.edit_comment(number, "plan", lambda body, name=environment: with_section(body, name, f"of {name}"))
    plans = [text for text in repository.repository.texts(number) if "understudy:plan" in text]
    assert len(plans) == 1
    assert plans[0].count("of staging") == plans[0].count("of prod") == 1


def test_after_the_merge_the_plan_that_was_reviewed_is_found_by_the_pull_request(
    repository: GitHubServer, tmp_path: Path
) -> None:
    number = repository.repository.open_pull("x", HEAD)
    reviewed = client(repository, tmp_path, number)
    for digest in ("older", "newer"):
        reviewed.set_status(Status("plan/staging", "success", f"{digest} 1 to update"))
    after = client(repository, tmp_path)
    assert reviewed_digest(after, "staging") is None
    repository.repository.merge(number, MERGE, "2026-01-01T00:00:00Z")
    assert after.pull_request_of(MERGE) == PullRequest(number, HEAD)
    assert reviewed_digest(after, "staging") == "newer"
    assert reviewed_digest(after, "prod") is None


def test_people_are_told_by_one_issue_until_it_is_well(repository: GitHubServer, tmp_path: Path) -> None:
    forge = client(repository, tmp_path)
    for _ in range(2):
        verdict.tell(forge, {"deploy": "failure"}, "@example/people")
    issues = repository.repository.issues
    assert [(issue["title"], issue["state"]) for issue in issues.values()] == [("Delivery: main fails", "open")]
    assert "@example/people" in issues[1]["body"]
    verdict.tell(forge, {"deploy": "success"}, "@example/people")
    assert issues[1]["state"] == "closed"
    # GitHub takes a thousand of a name for a commit, which what runs every hour would reach.
    assert repository.repository.statuses == {}


def test_a_pull_request_is_told_by_its_heads_status(repository: GitHubServer, tmp_path: Path) -> None:
    forge = client(repository, tmp_path, repository.repository.open_pull("x", HEAD))
    verdict.tell(forge, {"unit": "failure"}, "@example/people")
    assert repository.repository.status(HEAD, verdict.CONTEXT)["description"] == "unit: failure"
    assert repository.repository.issues == {}


@pytest.mark.parametrize("fork", ["somebody/understudy", ""], ids=["fork", "deleted"])
def test_of_a_forks_pull_request_nothing_is_told_and_its_steps_run(
    repository: GitHubServer, tmp_path: Path, fork: str
) -> None:
    assert forge_here(variables(repository, tmp_path, 3, fork)) is None
    assert forge_here(variables(repository, tmp_path, 3)) is not None


def test_a_failing_step_is_told_with_what_it_said(
    repository: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = repository.repository.open_pull("x", HEAD)
    (tmp_path / "Makefile").write_text("unit:\n\t@echo test_sums is wrong; false\n")
    monkeypatch.chdir(tmp_path)
    assert perform("unit", client(repository, tmp_path, number)) != 0
    assert repository.repository.status(HEAD, "delivery/unit")["description"] == "test_sums is wrong"
    assert "test_sums is wrong" in repository.repository.texts(number)[0]
    (tmp_path / "Makefile").write_text("unit:\n\t@echo 3 passed\n")
    assert perform("unit", client(repository, tmp_path, number)) == 0
    assert "passes as of" in repository.repository.texts(number)[0]


def test_prod_takes_nothing_that_staging_has_not_had(repository: GitHubServer, tmp_path: Path) -> None:
    assert perform("deploy-prod", client(repository, tmp_path)) == 1
    said = repository.repository.status(MERGE, "delivery/deploy-prod")
    assert "status delivery/deploy-staging: found no such status" in said["description"]


def test_prod_takes_what_staging_has_had_once(
    repository: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Makefile").write_text("deploy:\n\t@echo applied\n")
    monkeypatch.chdir(tmp_path)
    forge = client(repository, tmp_path)
    # A pull request's integration tries a commit in staging, whatever becomes of it then.
    forge.set_status(Status("delivery/try-staging", "success", "applied"))
    assert perform("deploy-prod", forge) == 1
    for state in ("success", "failure", "pending"):
        forge.set_status(Status("delivery/deploy-staging", state, "by the nightly"))
    assert perform("deploy-prod", forge) == 0


def test_what_runs_every_hour_sets_no_status(
    repository: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Makefile").write_text("sweep:\n\t@echo nothing to remove\n")
    monkeypatch.chdir(tmp_path)
    assert perform("clean-up-staging", client(repository, tmp_path)) == 0
    assert repository.repository.statuses == {}


def test_a_token_that_is_refused_is_told(repository: GitHubServer, tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="status 401 Bad credentials"):
        client(repository, tmp_path, token="wrong").statuses(HEAD)


@pytest.mark.parametrize("needs", ["", "[]", "{}", '{"unit": {}}'])
def test_results_that_are_none_are_refused(needs: str) -> None:
    with pytest.raises(DeliveryError, match="RESULTS"):
        verdict.results_of(needs)


def test_azure_pipelines_results_are_read_too() -> None:
    found = verdict.results_of('{"unit": {"result": "Succeeded"}, "infra": {"result": "Canceled"}}')
    assert found == {"unit": "success", "infra": "cancelled"}
    assert not verdict.is_good(found)
    stages = {"plan": {"plan_prod": {"result": "Succeeded"}}, "deploy": {"deploy_prod": {"result": "Skipped"}}}
    assert verdict.results_of(json.dumps(stages)) == {"plan_prod": "success", "deploy_prod": "skipped"}
