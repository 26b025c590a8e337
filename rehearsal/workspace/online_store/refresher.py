"""Runs the pipelines of online tables: each on its own thread, one run of a table at a time.

A run that was asked for and not done when the workspace was killed is run by the next start. Continuous tables are
looked after every second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from deltalake.exceptions import DeltaError

from rehearsal.workspace.context import Platform
from rehearsal.workspace.online_store import online_tables, pipelines
from rehearsal.workspace.online_store.postgres import Postgres
from rehearsal.workspace.online_store.source import latest_version
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import service_tables

log = logging.getLogger(__name__)
CONTINUOUS_SECONDS = 1.0
AGAIN_SECONDS = 30.0  # after a run that failed


class Refresher:
    """The pipelines of a running platform."""

    def __init__(self, platform: Platform, postgres: Callable[[], Postgres]) -> None:
        self._platform = platform
        self._postgres = postgres
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._stopped = threading.Event()
        self._running: set[threading.Thread] = set()
        self._guard = threading.Lock()
        self._watch: threading.Thread | None = None

    def refresh(self, stored: Body) -> None:
        """Run the table's pipeline, and keep looking after it when it is continuous; returns at once."""
        if stored["mode"] == "CONTINUOUS":
            self._watch_continuous()
        self._start(stored["name"])

    def resume(self) -> None:
        """After a start: run what was asked for and is not done."""
        with self._platform.store.transaction() as tx:
            known = online_tables.list_all(tx)
        for stored in known:
            if stored["done"] < stored["asked"] or stored["mode"] == "CONTINUOUS":
                self.refresh(stored)

    def stop(self) -> None:
        """Begin nothing more; what runs comes to its end."""
        self._stopped.set()
        with self._guard:
            running = list(self._running)
        for thread in running:
            thread.join()

    def _start(self, name: str) -> None:
        def run() -> None:
            try:
                with self._locks[name]:
                    if not self._stopped.is_set():
                        pipelines.run(self._platform, self._postgres(), name)
            except Exception:
                log.exception("online table %s: its pipeline broke; it is run again by the next publication", name)
            finally:
                with self._guard:
                    self._running.discard(threading.current_thread())

        thread = threading.Thread(target=run, daemon=True, name=f"publish-{name}")
        with self._guard:
            if self._stopped.is_set():
                return
            self._running.add(thread)
            thread.start()

    def _watch_continuous(self) -> None:
        with self._guard:
            if self._watch is None:
                self._watch = threading.Thread(target=self._look, daemon=True, name="online-store-continuous")
                self._watch.start()

    def _look(self) -> None:
        tried: dict[str, tuple[int, float]] = {}
        while not self._stopped.wait(CONTINUOUS_SECONDS):
            with self._platform.store.transaction() as tx:
                continuous = [stored for stored in online_tables.list_all(tx) if stored["mode"] == "CONTINUOUS"]
                places = {stored["name"]: service_tables.location(tx, stored["source"]) for stored in continuous}
            for stored in continuous:
                location = places[stored["name"]]
                if location is None or stored["done"] < stored["asked"]:
                    continue
                try:
                    latest = latest_version(location)
                except DeltaError:  # dropped in this moment
                    continue
                if stored["version"] == latest or self._locks[stored["name"]].locked():
                    continue
                version, at = tried.get(stored["name"], (-1, 0.0))
                if latest != version or time.monotonic() - at > AGAIN_SECONDS:
                    tried[stored["name"]] = (latest, time.monotonic())
                    self._start(stored["name"])
