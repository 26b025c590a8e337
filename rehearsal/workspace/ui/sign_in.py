"""Signing in with a token or a one-time code, and signing out.

A one-time address carries its code behind `#`: browsers do not send that part, so that it is in no request's line.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.ui import rendering, session
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import PosterDep, require_same_origin

ADDRESS = "/ui/sign-in"
_HOME = "/ui/"
_OVER = "Your session is over: sign in again."
router = APIRouter(route_class=PageRoute)


@router.get(ADDRESS)
def ask(request: Request, next: str = _HOME, over: bool = False) -> HTMLResponse:
    """The form."""
    return _form(request, next, _OVER if over else "")


@router.post(ADDRESS, dependencies=[Depends(require_same_origin)])
def sign_in(
    request: Request, credential: Annotated[str, Form()] = "", next: Annotated[str, Form()] = _HOME
) -> Response:
    """Open a session, or say why not."""
    platform: Platform = request.app.state.platform
    workspace: str = request.app.state.workspace
    given = credential.strip()
    try:
        with platform.store.transaction() as tx:
            if given.startswith(session.CODE_PREFIX):
                token = session.open_with_code(tx, given)
            else:
                token = session.open_with_token(tx, given, workspace)
    except DatabricksError as error:
        message = (
            "This token is not known, or has expired." if error.message == "Invalid access token." else error.message
        )
        return _form(request, next, message, error.status)
    response = RedirectResponse(_inside(next), 303)
    response.set_cookie(
        session.cookie_name(platform), token, max_age=session.LIFETIME_SECONDS, httponly=True, samesite="strict"
    )
    return response


@router.post("/ui/sign-out")
def sign_out(viewer: PosterDep) -> Response:
    """End the session."""
    with viewer.platform.store.transaction() as tx:
        session.close(tx, viewer.token)
    response = RedirectResponse(ADDRESS, 303)
    response.delete_cookie(session.cookie_name(viewer.platform), httponly=True, samesite="strict")
    return response


def _form(request: Request, next: str, problem: str, status: int = 200) -> HTMLResponse:
    workspace: str = request.app.state.workspace
    return rendering.page(
        "sign_in.html.j2", status, workspace=workspace, next=_inside(next), problem=problem, title="Sign in"
    )


def _inside(address: str) -> str:
    """The address if it is one of the pages', else the first page: nobody is led elsewhere."""
    return address if address.startswith(_HOME) else _HOME
