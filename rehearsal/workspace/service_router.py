"""A service's routes, behind the beginnings of their paths.

FastAPI holds a request against one route after the other until one takes it. A workspace has more than 350, and a
service that has none of a path's beginning need not look at the path any further.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from starlette.routing import Match
from starlette.types import Scope


class ServiceRouter(APIRouter):
    """All routes of a service's router, for requests that may be its."""

    def __init__(self, service: APIRouter) -> None:
        """The service's routes as they are now; none may be added later."""
        super().__init__()
        self.include_router(service)
        self._beginnings = beginnings(route.path or "" for route in iter_route_contexts(service.routes))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any router, but no route is asked about what none of them can take."""
        if not scope["path"].startswith(self._beginnings):
            return Match.NONE, {}
        return super().matches(scope)


def beginnings(paths: Iterable[str]) -> tuple[str, ...]:
    """What paths begin with before their first parameter; of two, one of which begins with the other, the shorter."""
    shortest: list[str] = []
    for beginning in sorted({path.partition("{")[0] for path in paths}):
        if not shortest or not beginning.startswith(shortest[-1]):
            shortest.append(beginning)
    return tuple(shortest)
