"""Azure DevOps by its REST API (https://learn.microsoft.com/rest/api/azure/devops/git), as the pipeline's own token.

Who is told of a failed run is a setting of the project there (notifications), so nothing is sent from here; a run's
page shows what a logging command says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from delivery.errors import DeliveryError
from delivery.forge import PullRequest, Run, State, Status, mark_of

_TIMEOUT_SECONDS = 30
_VERSION = "7.1"
_GENRE = "understudy"
_STATES: Mapping[State, str] = {"pending": "pending", "success": "succeeded", "failure": "failed"}
_BACK: Mapping[str, State] = {"succeeded": "success", "failed": "failure", "error": "failure"}


class AzureDevOps:
    """A repository of Azure Repos, seen from a run of a pipeline.

    Args:
        environment: the variables that Azure Pipelines sets
            (https://learn.microsoft.com/azure/devops/pipelines/build/variables), and SYSTEM_ACCESSTOKEN.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        token = environment.get("SYSTEM_ACCESSTOKEN")
        if not token:
            raise DeliveryError("variable SYSTEM_ACCESSTOKEN", "nothing", "$(System.AccessToken), which the step maps")
        self.run = run_of(environment)
        project = f"{environment['SYSTEM_COLLECTIONURI'].rstrip('/')}/{environment['SYSTEM_TEAMPROJECT']}"
        self._http = httpx.Client(
            base_url=f"{project}/_apis/git/repositories/{environment['BUILD_REPOSITORY_ID']}",
            headers={"Authorization": f"Bearer {token}"},
            params={"api-version": _VERSION},
            transport=httpx.HTTPTransport(retries=3),
            timeout=_TIMEOUT_SECONDS,
        )

    def set_status(self, status: Status) -> None:
        """A commit status."""
        context = {"name": status.context, "genre": _GENRE}
        body = {"state": _STATES[status.state], "context": context, "description": status.description}
        self._send("POST", f"/commits/{self.run.commit}/statuses", {**body, "targetUrl": self.run.url})

    def statuses(self, commit: str) -> list[Status]:
        """All that were set by us, the newest first."""
        said = self._send("GET", f"/commits/{commit}/statuses")["value"]
        return [
            Status(status["context"]["name"], _BACK.get(status["state"], "pending"), status.get("description") or "")
            for status in sorted(said, key=lambda status: int(status["id"]), reverse=True)
            if status["context"].get("genre") == _GENRE
        ]

    def pull_request_of(self, commit: str) -> PullRequest | None:
        """The one whose merge made the commit."""
        query = {"queries": [{"type": "lastMergeCommit", "items": [commit]}]}
        found = self._send("POST", "/pullrequestquery", query)["results"][0].get(commit, [])
        return PullRequest(found[0]["pullRequestId"], found[0]["lastMergeSourceCommit"]["commitId"]) if found else None

    def edit_comment(self, number: int, kind: str, edit: Callable[[str], str], *, create: bool = True) -> None:
        """A thread whose first comment begins with a mark which Markdown does not show."""
        mark, threads = mark_of(kind), f"/pullRequests/{number}/threads"
        for thread in self._send("GET", threads)["value"]:
            first = thread["comments"][0] if thread.get("comments") else {}
            if str(first.get("content", "")).startswith(mark):
                text = mark + edit(first["content"].removeprefix(mark))
                self._send("PATCH", f"{threads}/{thread['id']}/comments/{first['id']}", {"content": text})
                return
        if create:
            comment = {"parentCommentId": 0, "content": mark + edit(""), "commentType": "text"}
            self._send("POST", threads, {"comments": [comment], "status": "closed"})

    def tell_people(self, subject: str, text: str) -> None:
        """An error on the run's page; the project's notifications tell who is to know of failed runs."""
        sys.stdout.write(f"##vso[task.logissue type=error]{subject}: {' '.join(text.split())}\n")

    def settle(self, subject: str, text: str) -> None:
        """Nothing: what was said belongs to the run that failed."""

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = self._http.request(method, path, json=body)
        # It answers a bad token with a page to sign in, status 203.
        if answer.is_error or answer.status_code == httpx.codes.NON_AUTHORITATIVE_INFORMATION:
            raise DeliveryError(
                f"{method} {answer.request.url}", f"status {answer.status_code}", "an answer of its API"
            )
        return answer.json()


def run_of(environment: Mapping[str, str]) -> Run:
    """The run, by the variables; those of a pull request are there when a build validates one."""
    number = environment.get("SYSTEM_PULLREQUEST_PULLREQUESTID")
    project = f"{environment['SYSTEM_COLLECTIONURI'].rstrip('/')}/{environment['SYSTEM_TEAMPROJECT']}"
    head = environment.get("SYSTEM_PULLREQUEST_SOURCECOMMITID")
    return Run(
        pipeline=environment["BUILD_DEFINITIONNAME"],
        commit=head or environment["BUILD_SOURCEVERSION"],
        pull_request=int(number) if number else None,
        url=f"{project}/_build/results?buildId={environment['BUILD_BUILDID']}",
    )
