"""Wiring: which services a workspace consists of, how errors leave, and in which order things start and stop.

Reads like a table of contents; behaviour lives in the services.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from rehearsal.workspace import errors
from rehearsal.workspace.audit.middleware import Audit
from rehearsal.workspace.authentication import request_id
from rehearsal.workspace.context import ACCOUNT, Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.service_router import ServiceRouter
from rehearsal.workspace.serving.invocations import Invocations

ROUTES = (
    "jobs",  # first, as requests are held against one service after the other, and most ask how a run goes
    "identity",
    "unity_catalog",
    "mlflow",  # before files: the Files API's paths of run artifacts are MLflow's
    "files",
    "permissions",
    "workspace_objects",
    "sql",
    "online_store",
    "serving",
    "notifications",
    "monitoring",
    "secrets",
    "cluster_policies",
    "dashboards",
    "system_tables",
    "scheduling",
    "faults",
    "ui",
)
# On the account's port alone.
ACCOUNT_ROUTES = (
    "account",
    "arm",  # last: its token endpoint takes any first part of a path for a tenant
)
# Started in this order, stopped in reverse: tasks and served models need processes, tasks need Spark.
LIFECYCLES = (
    "rehearsal.workspace.audit.lifecycle",
    "rehearsal.workspace.files.lifecycle",
    "rehearsal.workspace.mlflow.lifecycle",
    "rehearsal.workspace.notifications.lifecycle",
    "rehearsal.workspace.processes",
    "rehearsal.compute.lifecycle",
    "rehearsal.workspace.sql.lifecycle",
    "rehearsal.workspace.monitoring.lifecycle",
    "rehearsal.workspace.online_store.lifecycle",
    "rehearsal.workspace.serving.lifecycle",
    "rehearsal.workspace.jobs.lifecycle",
    "rehearsal.workspace.scheduling.lifecycle",
    "rehearsal.workspace.arm.logic.lifecycle",
)
COMPUTE = "rehearsal.compute.lifecycle"

log = logging.getLogger(__name__)


def create_app(platform: Platform, workspace: str) -> FastAPI:
    """The HTTP application of one workspace, or of the account."""
    app = FastAPI(title=f"Databricks workspace {workspace} (rehearsal)", docs_url=None, redoc_url=None)
    app.state.platform = platform
    app.state.workspace = workspace
    for service in (*ROUTES, *ACCOUNT_ROUTES) if workspace == ACCOUNT else ROUTES:
        app.include_router(ServiceRouter(_routes(service)))
    app.add_exception_handler(DatabricksError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _unknown_route)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Audit, platform=platform, workspace=workspace)
    # Requests for predictions take no way through routes and layers; the last that is added is the first that is asked.
    app.add_middleware(Invocations, platform=platform, workspace=workspace)
    return app


@contextmanager
def running(platform: Platform, without: frozenset[str] = frozenset()) -> Iterator[None]:
    """Start the services that live between requests; stop what was started, whatever happens.

    Args:
        without: names of lifecycles to leave out; `compute` is Spark, which many tests do not need.
    """
    started = []
    # All is imported before the first service starts a thread that imports, too: where modules import each other in a
    # circle, as MLflow's and pyspark's do, Python lets two threads see half of one.
    wanted = [name for name in LIFECYCLES if name != COMPUTE or "compute" not in without]
    services = [importlib.import_module(name) for name in wanted]
    for name in ROUTES:
        _routes(name)
    try:
        for service in services:
            started.append(service)
            service.start(platform)
        yield
    finally:
        for service in reversed(started):
            service.stop()


def _routes(service: str) -> APIRouter:
    router: APIRouter = importlib.import_module(f"rehearsal.workspace.{service}.routes").router
    return router


def _answer(request: Request, status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse(errors.body(code, message, request_id(request)), status)


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DatabricksError)
    return _answer(request, error.status, error.error_code, error.message)


def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _answer(request, 400, "MALFORMED_REQUEST", f"{where}: {first['msg']}")


def _unknown_route(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = "ENDPOINT_NOT_FOUND" if error.status_code == 404 else "BAD_REQUEST"
    return _answer(request, error.status_code, code, f"No API found for '{request.method} {request.url.path}'")


def _hung_up(request: Request, error: Exception) -> JSONResponse:
    """Nobody reads the answer; it is for the audit, and for a log without tracebacks of what is no error of ours."""
    log.info("request %s %s %s was cut off by its caller", request_id(request), request.method, request.url.path)
    return _answer(request, 499, "CANCELLED", "The connection was closed before the whole request had come.")


def _broken(request: Request, error: Exception) -> JSONResponse:
    log.error("request %s %s %s failed", request_id(request), request.method, request.url.path, exc_info=error)
    return _answer(request, 500, "INTERNAL_ERROR", "An internal error occurred. See the workspace's log.")
