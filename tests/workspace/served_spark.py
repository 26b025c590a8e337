"""The whole workspace served with Spark in this process, for tests that need both REST and tables' contents."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

from rehearsal.workspace import app
from rehearsal.workspace.context import Platform
from rehearsal.workspace.notifications import lifecycle as notifications
from tests.workspace.spark_support import spark_platform, token_of

_SERVICES = ("unity_catalog", "permissions", "workspace_objects", "sql", "notifications", "monitoring")


@contextmanager
def served_platform(home: Path) -> Iterator[Platform]:
    """A platform with Spark whose workspace `dev` answers and delivers notifications."""
    routes = app.ROUTES
    app.ROUTES = _SERVICES
    try:
        with spark_platform(home) as running:
            port = running.ports.http("dev")
            config = uvicorn.Config(app.create_app(running, "dev"), host="127.0.0.1", port=port, log_level="warning")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run)
            thread.start()
            while not server.started:
                time.sleep(0.02)
            notifications.start(running)
            try:
                yield running
            finally:
                notifications.stop()
            server.should_exit = True
            thread.join()
    finally:
        app.ROUTES = routes


def client_of(platform: Platform, name: str) -> WorkspaceClient:
    """A client of somebody."""
    config = Config(host=platform.host("dev"), token=token_of(platform, name), auth_type="pat")
    return WorkspaceClient(config=config)
