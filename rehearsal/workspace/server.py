"""One process that serves the account and the workspaces: state, ports, profiles, and an orderly end."""

from __future__ import annotations

import asyncio
import configparser
import gc
import logging
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

import uvicorn

from rehearsal.workspace import home_lock
from rehearsal.workspace.app import create_app, running
from rehearsal.workspace.context import ACCOUNT, WORKSPACES, Platform, Ports
from rehearsal.workspace.faults.injection import Injection
from rehearsal.workspace.identity import bootstrap, token_permissions, tokens
from rehearsal.workspace.identity.installation import ACCOUNT_ID
from rehearsal.workspace.store import Store, state_file
from rehearsal.workspace.unity_catalog import storage

log = logging.getLogger(__name__)


def serve(
    home: Path,
    port_base: int,
    without: frozenset[str],
    metastore_id: str = storage.METASTORE_ID,
    begin: datetime | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; `<home>/databrickscfg` tells clients where and with which admin token.

    Args:
        begin: the time with which a new home's clock begins, if not the real one.
    """
    home.mkdir(parents=True, exist_ok=True)
    (home / "logs").mkdir(exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    storage.METASTORE_ID = metastore_id  # of this process: one account, one region, one metastore
    with home_lock.held(home):
        new = not state_file(home).exists()
        platform = Platform(home, Store(state_file(home)), Ports(port_base))
        if new and begin is not None:
            platform.clock.begin(begin)
        with platform.store.transaction() as tx:
            bootstrap.bootstrap(tx)
            token_permissions.announce(tx)
        pid_file = home / "workspace.pid"
        pid_file.write_text(str(os.getpid()))
        _write_profiles(platform)
        try:
            with running(platform, without), asyncio.Runner(loop_factory=_event_loop) as runner:
                runner.run(_serve_all(platform))
        finally:
            pid_file.unlink(missing_ok=True)


def _event_loop() -> asyncio.AbstractEventLoop:
    """The faster event loop where there is one: requests for predictions are answered by the loop itself."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


async def _serve_all(platform: Platform) -> None:
    """One uvicorn server per port in one event loop; the first signal stops them all."""
    servers = [_server(platform, workspace) for workspace in (ACCOUNT, *WORKSPACES)]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    tasks = [asyncio.create_task(server.serve()) for server in servers]
    # uvicorn installs handlers of its own when it starts; ours must be the last to speak.
    while not all(server.started for server in servers) and not any(task.done() for task in tasks):
        await asyncio.sleep(0.02)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    # What is there for as long as the process lives need not be looked through again and again: a full collection kept
    # every answer waiting for a second or more.
    gc.freeze()
    log.info("serving %s", {workspace: platform.host(workspace) for workspace in (ACCOUNT, *WORKSPACES)})
    await asyncio.gather(*tasks)


def _server(platform: Platform, workspace: str) -> uvicorn.Server:
    config = uvicorn.Config(
        Injection(create_app(platform, workspace), platform, lambda past: create_app(past, workspace)),
        host="127.0.0.1",
        port=platform.ports.http(workspace),
        log_level="warning",
        log_config=None,  # uvicorn's own would switch on what libraries have switched off: pyspark's log of each error
        access_log=False,
        # Clients that poll pause for some seconds; a connection that is closed just then looks like a failure to them.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def _write_profiles(platform: Platform) -> None:
    """Write the Databricks configuration file: a profile for the account and each workspace, with an admin token.

    The token of an earlier start is kept while it is valid, so that clients survive a restart of the workspace.
    """
    path = platform.home / "databrickscfg"
    profiles = configparser.ConfigParser()
    profiles.read(path)
    token = profiles.get(ACCOUNT, "token", fallback="")
    with platform.store.transaction() as tx:
        if not tokens.is_valid(tx, token):
            token = tokens.issue(tx, bootstrap.ADMIN, None, "the platform's administrator")
    for workspace in (ACCOUNT, *WORKSPACES):
        # Without its type, the ARM_* variables of who deploys to Azure, too, would be a second way to sign in: refused.
        profiles[workspace] = {"host": platform.host(workspace), "token": token, "auth_type": "pat"}
    profiles[ACCOUNT]["account_id"] = ACCOUNT_ID
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        profiles.write(file)
    draft.replace(path)
