"""GitHub by its REST API (https://docs.github.com/rest), as the token of the workflow's run.

Its notifications reach people without a secret of ours: they learn of comments on their pull requests, of issues, and
of being named in either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from delivery.errors import DeliveryError
from delivery.forge import PullRequest, Run, Status, mark_of

_TIMEOUT_SECONDS = 30


class GitHub:
    """A repository, seen from a run of a workflow.

    Args:
        environment: the variables that GitHub Actions sets
            (https://docs.github.com/actions/reference/workflows-and-actions/variables), and GITHUB_TOKEN.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        token = environment.get("GITHUB_TOKEN")
        if not token:
            raise DeliveryError(
                "variable GITHUB_TOKEN", "nothing", "${{ github.token }}, which the job's env passes on"
            )
        self.run = run_of(environment)
        self._http = httpx.Client(
            base_url=f"{environment['GITHUB_API_URL']}/repos/{environment['GITHUB_REPOSITORY']}",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            transport=httpx.HTTPTransport(retries=3),
            timeout=_TIMEOUT_SECONDS,
        )

    def set_status(self, status: Status) -> None:
        """A commit status."""
        body = {"state": status.state, "context": status.context, "description": status.description}
        self._send("POST", f"/statuses/{self.run.commit}", {**body, "target_url": self.run.url})

    def statuses(self, commit: str) -> list[Status]:
        """All that were set; GitHub answers the newest first."""
        return [
            Status(said["context"], said["state"], said["description"] or "")
            for said in self._all(f"/commits/{commit}/statuses")
        ]

    def pull_request_of(self, commit: str) -> PullRequest | None:
        """A merged one before one that is open."""
        found = sorted(self._all(f"/commits/{commit}/pulls"), key=lambda pull: pull["merged_at"] is None)
        return PullRequest(found[0]["number"], found[0]["head"]["sha"]) if found else None

    def edit_comment(self, number: int, kind: str, edit: Callable[[str], str], *, create: bool = True) -> None:
        """A comment that begins with a mark which Markdown does not show."""
        mark = mark_of(kind)
        for comment in self._all(f"/issues/{number}/comments"):
            if comment["body"].startswith(mark):
                text = mark + edit(comment["body"].removeprefix(mark))
                self._send("PATCH", f"/issues/comments/{comment['id']}", {"body": text})
                return
        if create:
            self._send("POST", f"/issues/{number}/comments", {"body": mark + edit("")})

    def tell_people(self, subject: str, text: str) -> None:
        """An issue, and from then on comments on it while it is open."""
        number = self._open_issue(subject)
        if number is None:
            self._send("POST", "/issues", {"title": subject, "body": text})
        else:
            self._send("POST", f"/issues/{number}/comments", {"body": text})

    def settle(self, subject: str, text: str) -> None:
        """Close the issue, with a last word."""
        number = self._open_issue(subject)
        if number is not None:
            self._send("POST", f"/issues/{number}/comments", {"body": text})
            self._send("PATCH", f"/issues/{number}", {"state": "closed"})

    def _open_issue(self, subject: str) -> int | None:
        issues = self._all("/issues?state=open")
        return next((issue["number"] for issue in issues if issue["title"] == subject), None)

    def _all(self, path: str) -> Iterator[Any]:
        """The items of all pages."""
        url: str | None = f"{path}{'&' if '?' in path else '?'}per_page=100"
        while url:
            answer = self._send("GET", url)
            yield from answer.json()
            url = answer.links.get("next", {}).get("url")

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        answer = self._http.request(method, path, json=body)
        if answer.is_error:
            said = answer.json().get("message", "") if "json" in answer.headers.get("content-type", "") else answer.text
            where = f"{method} {answer.request.url}"
            raise DeliveryError(where, f"status {answer.status_code} {said}".strip(), "an answer of GitHub's API")
        return answer


def is_of_a_fork(environment: Mapping[str, str]) -> bool:
    """Is the run about a fork's pull request? Its token only reads, whatever the workflow's permissions say."""
    pull = _pull_request(environment)
    # A fork that is deleted is no repository any more.
    return pull is not None and (pull["head"]["repo"] or {}).get("full_name") != environment["GITHUB_REPOSITORY"]


def run_of(environment: Mapping[str, str]) -> Run:
    """The run, by the variables and the event that started it."""
    pull = _pull_request(environment)
    repository = f"{environment['GITHUB_SERVER_URL']}/{environment['GITHUB_REPOSITORY']}"
    return Run(
        pipeline=environment["GITHUB_WORKFLOW"],
        commit=pull["head"]["sha"] if pull else environment["GITHUB_SHA"],
        pull_request=pull["number"] if pull else None,
        url=f"{repository}/actions/runs/{environment['GITHUB_RUN_ID']}",
    )


def _pull_request(environment: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Of the event that started the run."""
    event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    pull: Mapping[str, Any] | None = event.get("pull_request")
    return pull
