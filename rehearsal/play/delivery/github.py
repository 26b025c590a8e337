"""GitHub's REST API, as far as delivery calls it: statuses, comments, issues, and which pull request a commit is of.

Paths and fields are GitHub's (https://docs.github.com/rest); what is said is kept in memory, for stories to look at.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

import uvicorn
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

REPOSITORY = "example/understudy"
Json = dict[str, Any]
Said = Annotated[Json, Body()]
_STATES = ("error", "failure", "pending", "success")
_DESCRIPTION_LENGTH, _BODY_LENGTH = 140, 65_536


@dataclass
class Repository:
    """What GitHub knows of it. Pull requests and issues share their numbers."""

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    statuses: dict[str, list[Json]] = field(default_factory=dict)
    comments: dict[int, list[Json]] = field(default_factory=dict)
    issues: dict[int, Json] = field(default_factory=dict)
    pulls: dict[int, Json] = field(default_factory=dict)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def open_pull(self, title: str, head: str) -> int:
        """Its number."""
        number = max([0, *self.pulls, *self.issues]) + 1
        self.pulls[number] = {"number": number, "title": title, "head": {"sha": head}, "merged_at": None}
        return number

    def merge(self, number: int, commit: str, at: str) -> None:
        """The commit of main is the pull request's from now on."""
        self.pulls[number] |= {"merged_at": at, "merge_commit_sha": commit}

    def status(self, commit: str, context: str) -> Json | None:
        """The one that was set last."""
        found = self.statuses.get(commit, [])
        return next((status for status in found if status["context"] == context), None)

    def texts(self, number: int) -> list[str]:
        """The comments on a pull request."""
        return [comment["body"] for comment in self.comments.get(number, [])]


class Pages:
    """A part of a list, and where the next one is (https://docs.github.com/rest/using-the-rest-api/using-pagination)."""

    def __init__(self, per_page: Annotated[int, Query(le=100)] = 30, page: Annotated[int, Query(ge=1)] = 1) -> None:
        self._size, self._page = per_page, page

    def of(self, items: list[Json], request: Request, answer: Response) -> list[Json]:
        """The page; the answer's headers name the next."""
        until = self._size * self._page
        if until < len(items):
            answer.headers["Link"] = f'<{request.url.include_query_params(page=self._page + 1)}>; rel="next"'
        return items[until - self._size : until]


Paging = Annotated[Pages, Depends()]


def app_of(repository: Repository) -> FastAPI:
    """The API over a repository."""

    def signed_in(authorization: Annotated[str, Header()] = "") -> None:
        if authorization != f"Bearer {repository.token}":
            raise HTTPException(401, "Bad credentials")

    app, root = FastAPI(dependencies=[Depends(signed_in)]), f"/repos/{REPOSITORY}"

    @app.exception_handler(HTTPException)
    def refused(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"message": error.detail}, error.status_code)

    @app.post(f"{root}/statuses/{{commit}}", status_code=201)
    def set_status(commit: str, said: Said) -> Json:
        if said.get("state") not in _STATES or len(said.get("description") or "") > _DESCRIPTION_LENGTH:
            raise HTTPException(422, "Validation Failed")
        status = {"id": next(repository.ids), **said}
        repository.statuses.setdefault(commit, []).insert(0, status)
        return status

    @app.get(f"{root}/commits/{{commit}}/statuses")
    def list_statuses(commit: str, request: Request, answer: Response, paging: Paging) -> list[Json]:
        return paging.of(repository.statuses.get(commit, []), request, answer)

    @app.get(f"{root}/commits/{{commit}}/pulls")
    def list_pulls(commit: str) -> list[Json]:
        return [
            pull for pull in repository.pulls.values() if commit in (pull["head"]["sha"], pull.get("merge_commit_sha"))
        ]

    @app.get(f"{root}/issues/{{number}}/comments")
    def list_comments(number: int, request: Request, answer: Response, paging: Paging) -> list[Json]:
        return paging.of(repository.comments.get(number, []), request, answer)

    @app.post(f"{root}/issues/{{number}}/comments", status_code=201)
    def comment(number: int, said: Said) -> Json:
        if number not in repository.pulls and number not in repository.issues:
            raise HTTPException(404, "Not Found")
        made = {"id": next(repository.ids), "body": _body(said)}
        repository.comments.setdefault(number, []).append(made)
        return made

    @app.patch(f"{root}/issues/comments/{{comment_id}}")
    def edit_comment(comment_id: int, said: Said) -> Json:
        for made in itertools.chain.from_iterable(repository.comments.values()):
            if made["id"] == comment_id:
                made["body"] = _body(said)
                return made
        raise HTTPException(404, "Not Found")

    @app.get(f"{root}/issues")
    def list_issues(
        request: Request, answer: Response, paging: Paging, state: Annotated[str, Query()] = "open"
    ) -> list[Json]:
        return paging.of([issue for issue in repository.issues.values() if issue["state"] == state], request, answer)

    @app.post(f"{root}/issues", status_code=201)
    def open_issue(said: Said) -> Json:
        number = max([0, *repository.pulls, *repository.issues]) + 1
        repository.issues[number] = {"number": number, "state": "open", **said}
        return repository.issues[number]

    @app.patch(f"{root}/issues/{{number}}")
    def edit_issue(number: int, said: Said) -> Json:
        if number not in repository.issues:
            raise HTTPException(404, "Not Found")
        repository.issues[number] |= said
        return repository.issues[number]

    return app


class GitHubServer:
    """The API on a loopback port, while the `with` block lasts."""

    def __init__(self, repository: Repository, port: int = 0) -> None:
        self.repository = repository
        self._server = uvicorn.Server(uvicorn.Config(app_of(repository), "127.0.0.1", port, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> GitHubServer:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise OSError("GitHub's API could not be started: is its port taken?")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    @property
    def url(self) -> str:
        """What GITHUB_API_URL is."""
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"


def _body(said: Json) -> str:
    text = said.get("body")
    if not isinstance(text, str) or not 0 < len(text) <= _BODY_LENGTH:
        raise HTTPException(422, "Validation Failed")
    return text
