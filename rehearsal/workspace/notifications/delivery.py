"""Delivers webhooks: each is POSTed until its receiver takes it, refuses it, or has failed too often.

What waits is in the store, so that a killed workspace goes on where it was; a receiver may then get the same twice.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import tenacity

from rehearsal.workspace import faults
from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.notifications import destinations, outbox
from rehearsal.workspace.store import Body

log = logging.getLogger(__name__)
ATTEMPTS = 6
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30
_PATIENCE_SECONDS = 10
_LOOK_SECONDS = 0.5
_AT_ONCE = 4


class _Failed(Exception):
    """The receiver cannot be reached or cannot take it now: to be tried again."""


class _Stopped(Exception):
    """The workspace ends; the next one goes on."""


class Courier:
    """The thread that looks for deliveries and those that make them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stopped = threading.Event()
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._look, daemon=True, name="webhooks")

    def start(self) -> None:
        """Begin with what waits."""
        self._thread.start()

    def stop(self) -> None:
        """Let requests under way end; what waits stays in the store."""
        self._stopped.set()
        self._thread.join()
        self._pool.shutdown(wait=True)

    def _look(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            with self._platform.store.transaction() as tx:
                waiting = tx.list(outbox.WAITING)
            for delivery in waiting:
                with self._lock:
                    if delivery["id"] in self._under_way:
                        continue
                    self._under_way.add(delivery["id"])
                self._pool.submit(self._deliver, delivery)

    def _deliver(self, delivery: Body) -> None:
        try:
            with self._platform.store.transaction() as tx:
                waits = tx.get(outbox.WAITING, delivery["key"]) is not None
            if waits:  # else it ended between being seen and being taken up
                self._deliver_waiting(delivery)
        finally:
            with self._lock:
                self._under_way.discard(delivery["id"])

    def _deliver_waiting(self, delivery: Body) -> None:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Failed),
            stop=tenacity.stop_after_attempt(max(1, ATTEMPTS - len(delivery["attempts"]))),
            wait=tenacity.wait_random_exponential(multiplier=_FIRST_PAUSE_SECONDS, max=_LONGEST_PAUSE_SECONDS),
            sleep=self._sleep,
        )
        try:
            state = retrying(self._attempt, delivery)
        except tenacity.RetryError:
            state = "FAILED"
        except _Stopped:
            return
        except Exception:
            log.exception("webhook %s", delivery["id"])
            state = "FAILED"
        with self._platform.store.transaction() as tx:
            tx.delete(outbox.WAITING, delivery["key"])
            tx.put(outbox.ENDED, delivery["key"], {**delivery, "state": state})

    def _attempt(self, delivery: Body) -> str:
        """Try once and write down how it went. Raises _Failed when another attempt may help."""
        if self._stopped.is_set():
            raise _Stopped
        with self._platform.store.transaction() as tx:
            try:
                config = destinations.find(tx, delivery["workspace"], delivery["destination_id"])["config"]
            except DatabricksError:
                return "DESTINATION_DELETED"
        outcome: dict[str, Any] = {"time": self._platform.clock.milliseconds()}
        try:
            outcome["status"] = _post(config["generic_webhook"], delivery["payload"])
        except httpx.HTTPError as error:
            outcome["error"] = f"{type(error).__name__}: {error}"
        faults.point("webhook.posted")
        delivery["attempts"].append(outcome)
        with self._platform.store.transaction() as tx:
            tx.put(outbox.WAITING, delivery["key"], delivery)
        status = outcome.get("status")
        if status is None or status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _Failed
        return "DELIVERED" if httpx.codes.is_success(status) else "REFUSED"

    def _sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise _Stopped


def _post(webhook: Body, payload: Body) -> int:
    user = webhook.get("username")
    auth = httpx.BasicAuth(user, webhook.get("password") or "") if user else None
    answer = httpx.post(webhook["url"], json=payload, auth=auth, timeout=_PATIENCE_SECONDS)
    return answer.status_code
