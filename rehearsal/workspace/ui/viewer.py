"""Who looks at a page, and the client with which the page asks the workspace's REST API in his name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hmac import compare_digest
from typing import Annotated, Any, Generic, TypeVar

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors.base import DatabricksError as ApiError
from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse

from rehearsal.workspace import errors
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.faults.registry import registry
from rehearsal.workspace.ui import formats, rendering, session

T = TypeVar("T")
# Under injected faults a page must end, too: the client gives up before a reader does.
_PATIENCE_SECONDS = 5
_CLIENTS = 64


class SignInNeeded(Exception):
    """Nobody is signed in, or no longer; the message says so."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What a part of a page got, or with which words it was refused: the rest of the page does not suffer."""

    value: T | None
    refused: str = ""


@dataclass(frozen=True)
class Viewer:
    """The signed-in principal at one page."""

    principal: Principal
    workspace: str
    platform: Platform
    token: str = field(repr=False)
    path: str

    @property
    def client(self) -> WorkspaceClient:
        """A client of this workspace in his name."""
        return _client(self.platform.host(self.workspace), self.token)

    @property
    def now(self) -> datetime:
        """The workspace's time."""
        return self.platform.clock.now()

    @property
    def ahead(self) -> str:
        """How far the workspace's clock was moved forward; nothing when it was not."""
        seconds = (self.now - datetime.now(UTC)).total_seconds()
        return formats.duration(seconds * 1000) if seconds > 1 else ""

    @property
    def faults(self) -> list[str]:
        """Names of the faults that are set, for administrators: pages may fail for them."""
        return [fault.wanted.name for fault in registry.all()] if self.principal.is_admin else []

    def api(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        """Call a REST API that databricks-sdk has no method for."""
        answer = self.client.api_client.do(method, path, query=query, body=body)
        return answer if isinstance(answer, dict) else {}

    def page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """The page that a template makes of its context."""
        return rendering.page(template, status, viewer=self, form_key=session.form_key(self.token), **context)


def attempt(ask: Callable[[], T]) -> Outcome[T]:
    """Ask for a part of a page that he may perhaps not see."""
    try:
        return Outcome(ask())
    except (ApiError, errors.DatabricksError) as error:
        return Outcome(None, str(error))
    except TimeoutError:
        return Outcome(None, "The workspace did not answer in time.")


def signed_in(request: Request) -> Viewer:
    """The viewer by the session's cookie. Raises SignInNeeded, or DatabricksError 403 for a workspace closed to him."""
    platform: Platform = request.app.state.platform
    workspace: str = request.app.state.workspace
    token = request.cookies.get(session.cookie_name(platform), "")
    if not token:
        raise SignInNeeded
    with platform.store.transaction() as tx:
        try:
            principal = session.read(tx, token, workspace)
        except errors.DatabricksError as error:
            if error.status == 401:
                raise SignInNeeded(error.message) from error
            raise
    return Viewer(principal, workspace, platform, token, request.url.path)


def require_same_origin(request: Request) -> None:
    """Refuse a form that another page has posted. Raises DatabricksError 403.

    Browsers send `Origin` with every POST. The cookie's SameSite=Strict keeps other sites out, but other ports of this
    machine are the same site.
    """
    if request.headers.get("origin") != f"{request.url.scheme}://{request.headers.get('host')}":
        raise errors.denied("This form was not sent by a page of this workspace.")


def posting(
    viewer: Annotated[Viewer, Depends(signed_in)],
    same_origin: Annotated[None, Depends(require_same_origin)],
    form_key: Annotated[str, Form()] = "",
) -> Viewer:
    """The viewer who has sent a form of his own session. Raises DatabricksError 403."""
    if not compare_digest(form_key.encode(), session.form_key(viewer.token).encode()):
        raise errors.denied("This form is not of your session: load the page again.")
    return viewer


@lru_cache(maxsize=_CLIENTS)
def _client(host: str, token: str) -> WorkspaceClient:
    config = Config(
        host=host, token=token, auth_type="pat", retry_timeout_seconds=_PATIENCE_SECONDS, product="understudy-pages"
    )
    return WorkspaceClient(config=config)


ViewerDep = Annotated[Viewer, Depends(signed_in)]
PosterDep = Annotated[Viewer, Depends(posting)]
