"""Runs one record, a task or an iteration, to its result: attempt after attempt, as its settings ask for.

Each change is durable, together with the word that is sent of it, before the next begins.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rehearsal.workspace.context import Platform
from rehearsal.workspace.jobs import health, notifications, records, runs, states
from rehearsal.workspace.jobs.attempt import Assignment, Attempt, Outcome, Runs
from rehearsal.workspace.jobs.leash import Leash
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.jobs.tasks import type_of
from rehearsal.workspace.store import Body

log = logging.getLogger(__name__)


class Tender:
    """Tends the records of one run."""

    def __init__(self, platform: Platform, engine: Runs, workspace: str, run_id: int) -> None:
        self._platform = platform
        self._engine = engine
        self._workspace = workspace
        self._run_id = run_id

    def tend(self, where: Where, leash: Leash) -> None:
        """Run the record's attempts to a result; returns without one when the workspace stops."""
        try:
            while self._attempt(where, leash):
                pass
        except Exception:
            log.exception("task %s of run %s ended by an internal error", where, self._run_id)
            if not self._engine.stopping.is_set():
                error = "Unexpected failure; see the workspace's log."
                self._record(where, leash, Outcome("FAILED", "INTERNAL_ERROR", error, error), last=True)

    def _attempt(self, where: Where, leash: Leash) -> bool:
        """One attempt; True when another is due."""
        run = self._begin(where)
        settings = runs.settings_of(run, where)
        attempt = type_of(settings).attempt(Assignment(self._platform, self._engine, run, where, self.tend))
        expired = threading.Event()
        with leash.hold(where, attempt), self._timers(where, run, attempt, expired):
            outcome = attempt.execute()
        if self._engine.stopping.is_set():
            return False
        if outcome.result == "CANCELED" and (expired.is_set() or leash.ended(where) == "TIMEDOUT"):
            outcome = _timed_out(settings, of_run=not expired.is_set())
        return self._record(where, leash, outcome) and self._wait_for_retry(where, leash, settings)

    def _begin(self, where: Where) -> Body:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            record = runs.record(run, where)
            if "start_time" not in record:
                record.update(start_time=self._platform.clock.milliseconds(), real_start=time.time())
                record["phase"] = "PENDING"
                runs.save(tx, run)
                notifications.of_task(tx, run, where, "on_start")
        return run

    @contextmanager
    def _timers(self, where: Where, run: Body, attempt: Attempt, expired: threading.Event) -> Iterator[None]:
        """The timeout and the duration warning of an attempt."""
        settings, record = runs.settings_of(run, where), runs.record(run, where)
        spent = time.time() - record["real_start"]

        def expire() -> None:
            expired.set()
            attempt.stop()

        timers = []
        if limit := settings.get("timeout_seconds"):
            timers.append(threading.Timer(max(0.0, limit - spent), expire))
        if (threshold := health.duration_threshold(settings)) is not None and not record.get("warned"):
            timers.append(threading.Timer(max(0.0, threshold - spent), self._warn, (where,)))
        for timer in timers:
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()

    def _warn(self, where: Where) -> None:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            record = runs.record(run, where)
            if states.is_active(record) and not record.get("warned"):
                record["warned"] = True
                runs.save(tx, run)
                notifications.of_task(tx, run, where, notifications.DURATION)

    def _record(self, where: Where, leash: Leash, outcome: Outcome, last: bool = False) -> bool:
        """Write down how the attempt ended; True when another is due."""
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            record = runs.record(run, where)
            records.ended(tx, record, outcome.result, outcome.code, outcome.message)
            record.update(error=outcome.error, error_trace=outcome.trace, token_id=None)
            again = not last and not leash.ended(where) and records.may_retry(runs.settings_of(run, where), record)
            notifications.of_task(tx, run, where, notifications.event_of(outcome.result), last=not again)
            if again:
                of = where.task_key if where.index is not None else None
                records.next_attempt(tx, run, record, of=of)
            runs.save(tx, run)
        return again

    def _wait_for_retry(self, where: Where, leash: Leash, settings: Body) -> bool:
        leash.interrupted.wait(settings.get("min_retry_interval_millis", 0) / 1000)
        if self._engine.stopping.is_set():
            return False
        if leash.ended(where):
            self.skip({where: "CANCELED"})
            return False
        return True

    def skip(self, results: dict[Where, str]) -> None:
        """Give records that are not going to run their result."""
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            for where, result in results.items():
                code = "USER_CANCELED" if result == "CANCELED" else "SKIPPED"
                records.ended(tx, runs.record(run, where), result, code, _SKIPPED[result])
                notifications.of_task(tx, run, where, notifications.event_of(result))
            runs.save(tx, run)


_SKIPPED = {
    "UPSTREAM_FAILED": "The task was not run, because a task that it depends on failed.",
    "UPSTREAM_CANCELED": "The task was not run, because a task that it depends on was cancelled.",
    "EXCLUDED": "The task was not run, because its run_if condition was not met.",
    "CANCELED": "Run cancelled.",
}


def _timed_out(settings: Body, of_run: bool) -> Outcome:
    if of_run:
        return Outcome("TIMEDOUT", "CANCELED", "The run ran longer than its timeout.")
    message = f"The task ran longer than its timeout of {settings['timeout_seconds']} seconds."
    return Outcome("TIMEDOUT", "RUN_EXECUTION_ERROR", message, message)
