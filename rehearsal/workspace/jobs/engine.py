"""Runs runs: a thread for each active run walks its task graph, and a thread for each running task tends it.

Every change of state is durable before anybody can see it, so that a killed workspace knows on its next start which
tasks were lost. Those are retried where their retries allow, else they end as when Databricks loses the compute.
"""

from __future__ import annotations

import logging
import threading
import time
from queue import Empty, SimpleQueue
from typing import Any

from rehearsal.workspace.context import Platform
from rehearsal.workspace.jobs import graph, notifications, runs, states
from rehearsal.workspace.jobs.attempt import Attempt, Outcome
from rehearsal.workspace.jobs.settings import depends_on
from rehearsal.workspace.store import Body

log = logging.getLogger(__name__)

_LOST = "The compute that ran the task was lost when the workspace stopped."
_JOIN_SECONDS = 15


class Engine:
    """All active runs of the platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._guard = threading.Lock()
        self._drivers: dict[int, Driver] = {}
        self.stopping = threading.Event()

    def submit(self, run: Body) -> None:
        """Start a PENDING run, or take up one that an earlier workspace had started."""
        driver = Driver(self._platform, self, run["workspace"], run["run_id"])
        with self._guard:
            if self.stopping.is_set():
                return  # it is durable, and the next start takes it up
            self._drivers[run["run_id"]] = driver
        driver.start()

    def cancel(self, run: Body) -> None:
        """Cancel an active run; what has no driver (queued) ends at once."""
        with self._guard:
            driver = self._drivers.get(run["run_id"])
        if driver is not None:
            driver.end("CANCELED")
            return
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, run["workspace"], run["run_id"])
            if not states.is_active(run):
                return
            runs.ended(tx, run, "CANCELED", "USER_CANCELED", "Run cancelled.")
            for task in run["tasks"]:
                runs.ended(tx, task, "CANCELED", "USER_CANCELED", "Run cancelled.")
            runs.save(tx, run)

    def finished(self, run: Body) -> None:
        """A run has ended: start the job's next queued one."""
        with self._guard:
            self._drivers.pop(run["run_id"], None)
        with self._platform.store.transaction() as tx:
            active = [other for other in runs.of_job(tx, run["workspace"], run["job_id"]) if states.is_active(other)]
            queued = [other for other in active if other["phase"] == "QUEUED"]
            if not queued or len(active) - len(queued) >= run["settings"]["max_concurrent_runs"]:
                return
            chosen = {
                **queued[0],
                "phase": "PENDING",
                "queue_duration": self._platform.clock.milliseconds() - queued[0]["start_time"],
            }
            runs.save(tx, chosen)
        self.submit(chosen)

    def recover(self) -> None:
        """Take up what was active when the last workspace process ended."""
        with self._platform.store.transaction() as tx:
            active = [run for run in runs.all_runs(tx) if states.is_active(run)]
            for run in active:
                for task in run["tasks"]:
                    if task["phase"] in ("RUNNING", "TERMINATING") or task.get("token_id"):
                        _note_lost(tx, run, task)
                runs.save(tx, run)
        for run in active:
            if run["phase"] != "QUEUED":
                self.submit(run)

    def stop(self) -> None:
        """End all processes; the runs stay active in the store, and the next start decides about them."""
        with self._guard:
            self.stopping.set()
            drivers = list(self._drivers.values())
        for driver in drivers:
            driver.abandon()
        for driver in drivers:
            driver.join(_JOIN_SECONDS)


class Driver(threading.Thread):
    """Walks one run's graph until every task has a result."""

    def __init__(self, platform: Platform, engine: Engine, workspace: str, run_id: int) -> None:
        super().__init__(name=f"run-{run_id}", daemon=True)
        self._platform = platform
        self._engine = engine
        self._workspace = workspace
        self._run_id = run_id
        self._guard = threading.Lock()
        self._attempts: dict[str, Attempt] = {}
        self._ended_by: str | None = None
        self._interrupted = threading.Event()  # wakes tasks that wait for a retry
        self._finished: SimpleQueue[str] = SimpleQueue()

    def run(self) -> None:
        """Thread body."""
        try:
            self._walk()
        except Exception:
            log.exception("run %s ended by an internal error", self._run_id)
            if not self._engine.stopping.is_set():
                self._fail_internally()

    def end(self, result: str) -> None:
        """End the run (CANCELED or TIMEDOUT): tasks that run are stopped, others never start."""
        with self._guard:
            self._ended_by = self._ended_by or result
        run = self._change()
        if states.is_active(run):
            self._change(phase="TERMINATING", ended_by=self._ended_by)
        self._stop_attempts()

    def abandon(self) -> None:
        """Stop the processes and leave the record as it is."""
        self._stop_attempts()

    def _stop_attempts(self) -> None:
        self._interrupted.set()
        with self._guard:
            attempts = list(self._attempts.values())
        for attempt in attempts:
            # It waits for the process to end by itself; who cancels does not.
            threading.Thread(target=attempt.stop, daemon=True).start()

    def _walk(self) -> None:
        run = self._change()
        self._ended_by = self._ended_by or run.get("ended_by")
        run = self._change(phase="TERMINATING" if self._ended_by else "RUNNING")
        limit = run["settings"]["timeout_seconds"]
        deadline = (
            time.monotonic() + limit - (self._platform.clock.milliseconds() - run["start_time"]) / 1000
            if limit
            else None
        )
        running: set[str] = set()
        while not self._engine.stopping.is_set():
            running |= self._start_what_can()
            if not running:
                break
            try:
                running.discard(self._finished.get(timeout=deadline and max(0.0, deadline - time.monotonic())))
            except Empty:
                deadline = None
                self.end("TIMEDOUT")
        if not self._engine.stopping.is_set():
            self._conclude()

    def _start_what_can(self) -> set[str]:
        """Start or skip tasks until nothing more can be said; returns those started."""
        started: set[str] = set()
        while True:
            run = self._change()
            parents = depends_on(run["settings"].get("tasks", []))
            results = {task["task_key"]: task["result"] for task in run["tasks"] if task.get("result")}
            waiting = {task["task_key"] for task in run["tasks"] if not task.get("result") and not self._tended(task)}
            if self._ended_by:
                skip = dict.fromkeys(waiting, "CANCELED")
                start: list[str] = []
            else:
                conditions = {task["task_key"]: task["run_if"] for task in run["settings"].get("tasks", [])}
                decision = graph.decide(parents, conditions, waiting, results)
                skip, start = decision.skip, decision.start
            if not skip and not start:
                return started
            self._skip(skip)
            for key in start:
                started.add(key)
                self._begin(key)

    def _tended(self, task: Body) -> bool:
        with self._guard:
            return task["task_key"] in self._attempts

    def _skip(self, results: dict[str, str]) -> None:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            for key, result in results.items():
                code = "USER_CANCELED" if result == "CANCELED" else "SKIPPED"
                runs.ended(tx, runs.task_of(run, key), result, code, _SKIPPED[result])
            runs.save(tx, run)

    def _begin(self, key: str) -> None:
        run = self._change(key, phase="PENDING", start_time=self._platform.clock.milliseconds())
        attempt = Attempt(self._platform, run, key, lambda **fields: self._change(key, **fields))
        with self._guard:
            self._attempts[key] = attempt
            ended = self._ended_by is not None
        if ended:
            attempt.stop()
        threading.Thread(target=self._tend, args=(key, attempt), name=f"task-{key}", daemon=True).start()

    def _tend(self, key: str, attempt: Attempt) -> None:
        """Thread body: run the task's attempts to a result."""
        try:
            while True:
                outcome = attempt.run()
                if self._engine.stopping.is_set():
                    return
                if not self._retry(key, outcome):
                    return
                run = self._change(key, phase="PENDING", start_time=self._platform.clock.milliseconds())
                attempt = Attempt(self._platform, run, key, lambda **fields: self._change(key, **fields))
                with self._guard:
                    self._attempts[key] = attempt
        except Exception:
            log.exception("task %s of run %s ended by an internal error", key, self._run_id)
            self._record(key, Outcome("FAILED", "INTERNAL_ERROR", "Unexpected failure; see the workspace's log."))
        finally:
            with self._guard:
                self._attempts.pop(key, None)
            self._finished.put(key)

    def _retry(self, key: str, outcome: Outcome) -> bool:
        """Record the attempt; True when another is due, after the wait that the settings ask for."""
        if self._ended_by == "TIMEDOUT" and outcome.result == "CANCELED":
            outcome = Outcome("TIMEDOUT", "CANCELED", "The run ran longer than its timeout.")
        run = self._record(key, outcome)
        settings = runs.settings_of(run, key)
        task = runs.task_of(run, key)
        if self._ended_by or not may_retry(settings, task):
            return False
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            runs.next_attempt(tx, run, runs.task_of(run, key))
            runs.save(tx, run)
        if self._interrupted.wait(settings.get("min_retry_interval_millis", 0) / 1000):
            if self._ended_by:
                self._skip({key: "CANCELED"})
            return False
        return True

    def _record(self, key: str, outcome: Outcome) -> Body:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            task = runs.task_of(run, key)
            runs.ended(tx, task, outcome.result, outcome.code, outcome.message)
            task.update(error=outcome.error, error_trace=outcome.trace, token_id=None)
            runs.save(tx, run)
        return run

    def _conclude(self) -> None:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            parents = depends_on(run["settings"].get("tasks", []))
            results = {task["task_key"]: task["result"] for task in run["tasks"]}
            result = self._ended_by or graph.result(parents, results)
            runs.ended(tx, run, result, _CODES[result], _message(run, result))
            runs.save(tx, run)
            notifications.of_ended_run(tx, run)
        self._engine.finished(run)

    def _fail_internally(self) -> None:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            message = "Unexpected failure; see the workspace's log."
            for record in (run, *run["tasks"]):
                if states.is_active(record):
                    runs.ended(tx, record, "FAILED", "INTERNAL_ERROR", message)
            runs.save(tx, run)
        self._engine.finished(run)

    def _change(self, task_key: str | None = None, **fields: Any) -> Body:
        return runs.change(self._platform.store, self._workspace, self._run_id, task_key, **fields)


_SKIPPED = {
    "UPSTREAM_FAILED": "The task was not run, because a task that it depends on failed.",
    "UPSTREAM_CANCELED": "The task was not run, because a task that it depends on was cancelled.",
    "EXCLUDED": "The task was not run, because its run_if condition was not met.",
    "CANCELED": "Run cancelled.",
}
_CODES = {
    "SUCCESS": "SUCCESS",
    "SUCCESS_WITH_FAILURES": "SUCCESS_WITH_FAILURES",
    "FAILED": "RUN_EXECUTION_ERROR",
    "TIMEDOUT": "CANCELED",
    "CANCELED": "USER_CANCELED",
}


def may_retry(settings: Body, task: Body) -> bool:
    """Do the task's settings ask for another attempt after this one? (-1 retries without end.)"""
    allowed = settings.get("max_retries", 0)
    retryable = task["result"] == "FAILED" or (task["result"] == "TIMEDOUT" and settings.get("retry_on_timeout"))
    return bool(retryable and (allowed < 0 or task["attempt_number"] < allowed))


def _note_lost(tx: Any, run: Body, task: Body) -> None:
    """A task whose process ended with the workspace: its token goes, and it is retried or has failed."""
    if task.get("token_id"):
        tx.delete("token", task["token_id"])
    if not states.is_active(task):
        return
    runs.ended(tx, task, "FAILED", "DRIVER_ERROR", _LOST)
    task.update(error=_LOST, token_id=None)
    if may_retry(runs.settings_of(run, task["task_key"]), task) and not run.get("ended_by"):
        runs.next_attempt(tx, run, task)


def _message(run: Body, result: str) -> str:
    if result == "TIMEDOUT":
        return "The run ran longer than its timeout."
    if result == "CANCELED":
        return "Run cancelled."
    failed = [task for task in run["tasks"] if task["result"] in ("FAILED", "TIMEDOUT")]
    if result != "FAILED" or not failed:
        return ""
    text = f"Task {failed[0]['task_key']} failed with message: {failed[0]['message']}."
    if any(task["result"] == "UPSTREAM_FAILED" for task in run["tasks"]):
        text += " This caused all downstream tasks to get skipped."
    return text
