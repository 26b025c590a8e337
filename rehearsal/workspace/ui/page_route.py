"""What every page has in common over HTTP: its headers, how it refuses, and how many are drawn at once."""

from __future__ import annotations

import asyncio
import http
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from databricks.sdk import errors as api_errors
from databricks.sdk.errors.base import DatabricksError as ApiError
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.ui import rendering
from rehearsal.workspace.ui.page_headers import HEADERS
from rehearsal.workspace.ui.viewer import SignInNeeded, signed_in

# A page waits for REST calls that this process answers itself: both must find a thread of the server's forty.
_AT_ONCE = 8
_STATUS = (
    (api_errors.Unauthenticated, 401),
    (api_errors.PermissionDenied, 403),
    (api_errors.NotFound, 404),
    (api_errors.ResourceConflict, 409),
    (api_errors.TooManyRequests, 429),
    (api_errors.BadRequest, 400),
)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route that answers with a page, also when it refuses."""

    def get_route_handler(self) -> Handler:
        """The route's handler between the session's beginning and the headers."""
        draw = super().get_route_handler()

        async def handle(request: Request) -> Response:
            async with _slots(request):
                response = await _answered(draw, request)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handle


async def _answered(draw: Handler, request: Request) -> Response:
    try:
        return await draw(request)
    except SignInNeeded as needed:
        where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        query = f"?next={quote(where)}" if request.method == "GET" else ""
        return RedirectResponse(f"/ui/sign-in{query}{'&over=1' if str(needed) and query else ''}", 303)
    except DatabricksError as error:
        return _refused(request, error.status, error.message)
    except ApiError as error:
        return _refused(request, next((code for kind, code in _STATUS if isinstance(error, kind)), 502), str(error))
    except TimeoutError:
        return _refused(request, 504, "The workspace did not answer in time.")
    except RequestValidationError as error:
        first = error.errors()[0]
        return _refused(request, 400, f"{first['loc'][-1]}: {first['msg']}")


def _refused(request: Request, status: int, message: str) -> Response:
    """The refusal as a page; with the pages' navigation where somebody is signed in."""
    title = http.HTTPStatus(status).phrase
    try:
        viewer = signed_in(request)
    except (SignInNeeded, DatabricksError):
        return rendering.page("refused_outside.html.j2", status, title=title, message=message)
    return viewer.page("refused.html.j2", status, title=title, message=message)


def _slots(request: Request) -> asyncio.Semaphore:
    state = request.app.state
    if not hasattr(state, "page_slots"):
        state.page_slots = asyncio.Semaphore(_AT_ONCE)
    slots: asyncio.Semaphore = state.page_slots
    return slots
