"""Starts and stops what runs Spark: the server, and a gateway per workspace in front of it."""

from __future__ import annotations

from rehearsal.compute.gateway import unfinished
from rehearsal.compute.gateway.server import Gateway
from rehearsal.compute.spark_server import SparkServer
from rehearsal.workspace import processes
from rehearsal.workspace.context import WORKSPACES, Platform

_server: SparkServer | None = None
_gateways: list[Gateway] = []


def start(platform: Platform) -> None:
    """Start the Spark server, then open the gateways. Raises SparkServerError."""
    global _server
    unfinished.sweep(platform)
    processes.warm_parent()  # imports while Spark starts, whose workers and tasks it forks
    _server = SparkServer(platform.home, platform.ports)
    _server.start()
    open_gateways(platform, _server.token)


def open_gateways(platform: Platform, spark_token: str) -> None:
    """Open a gateway per workspace in front of a running Spark server that knows the token."""
    for workspace in WORKSPACES:
        gateway = Gateway(platform, workspace, spark_token)
        gateway.start()
        _gateways.append(gateway)


def stop() -> None:
    """Close the gateways and end the Spark server."""
    global _server
    while _gateways:
        _gateways.pop().stop()
    if _server is not None:
        _server.stop()
        _server = None
