"""How errors leave this service: in Azure's shape, those of authentication, too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from rehearsal.workspace.arm.errors import ArmError
from rehearsal.workspace.errors import DatabricksError


class ArmRoute(APIRoute):
    """A route of Azure's API."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its refusals translated."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ArmError as error:
                return JSONResponse(error.document(), error.status)
            except DatabricksError as error:
                code = "InvalidAuthenticationToken" if error.status == 401 else error.error_code
                return JSONResponse(ArmError(error.status, code, error.message).document(), error.status)

        return answer
