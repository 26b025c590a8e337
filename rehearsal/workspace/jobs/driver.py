"""A thread for each active run: walks its task graph until every task has a result."""

from __future__ import annotations

import logging
import threading
import time
from queue import SimpleQueue
from typing import Any, Protocol

from rehearsal.workspace.context import Platform
from rehearsal.workspace.jobs import graph, health, notifications, records, repairs, runs, states
from rehearsal.workspace.jobs.attempt import Runs
from rehearsal.workspace.jobs.leash import Leash
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.jobs.tending import Tender
from rehearsal.workspace.store import Body

log = logging.getLogger(__name__)


class Engine(Runs, Protocol):
    """The engine, as far as a driver needs it."""

    def finished(self, run: Body) -> None:
        """A run has ended."""


class Driver(threading.Thread):
    """Drives one run."""

    def __init__(self, platform: Platform, engine: Engine, workspace: str, run_id: int) -> None:
        super().__init__(name=f"run-{run_id}", daemon=True)
        self._platform = platform
        self._engine = engine
        self._workspace = workspace
        self._run_id = run_id
        self._leash = Leash()
        self._tender = Tender(platform, engine, workspace, run_id)
        self._tended: set[str] = set()
        self._finished: SimpleQueue[str] = SimpleQueue()

    def run(self) -> None:
        """Thread body."""
        timers: list[threading.Timer] = []
        try:
            timers = self._begin()
            self._walk()
        except Exception:
            log.exception("run %s ended by an internal error", self._run_id)
            if not self._engine.stopping.is_set():
                self._fail_internally()
        finally:
            for timer in timers:
                timer.cancel()

    def end(self, result: str) -> None:
        """End the run (CANCELED or TIMEDOUT): tasks that run are stopped, others never start."""
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            if states.is_active(run):
                run["ended_by"] = run.get("ended_by") or result
                run["phase"] = "TERMINATING"
                runs.save(tx, run)
        self._leash.end(result)

    def end_one(self, where: Where, result: str) -> None:
        """End one task; the run goes on by its rules."""
        self._leash.end_one(where, result)

    def abandon(self) -> None:
        """Stop the processes and leave the record as it is."""
        self._leash.abandon()

    def _begin(self) -> list[threading.Timer]:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            if run.get("ended_by"):
                self._leash.end(run["ended_by"])
            first = run["phase"] == "PENDING" and not run["repairs"]
            run["phase"] = "TERMINATING" if self._leash.ended_by else "RUNNING"
            runs.save(tx, run)
            if first:
                notifications.of_run(tx, run, notifications.START)
        spent = time.time() - run["real_start"]
        timers = []
        if limit := run["settings"]["timeout_seconds"]:
            timers.append(threading.Timer(max(0.0, limit - spent), self.end, ("TIMEDOUT",)))
        if (threshold := health.duration_threshold(run["settings"])) is not None and not run.get("warned"):
            timers.append(threading.Timer(max(0.0, threshold - spent), self._warn))
        for timer in timers:
            timer.daemon = True
            timer.start()
        return timers

    def _walk(self) -> None:
        running: set[str] = set()
        while not self._engine.stopping.is_set():
            running |= self._start_what_can()
            if not running:
                self._conclude()
                return
            key = self._finished.get()
            running.discard(key)

    def _start_what_can(self) -> set[str]:
        """Start or skip tasks until nothing more can be said; returns those started."""
        started: set[str] = set()
        while True:
            with self._platform.store.transaction() as tx:
                run = runs.find(tx, self._workspace, self._run_id)
            skip, start = self._decide(run)
            if not skip and not start:
                return started
            if skip:
                self._tender.skip({Where(key): result for key, result in skip.items()})
            for key in start:
                started.add(key)
                self._tended.add(key)
                threading.Thread(target=self._tend, args=(key,), name=f"task-{key}", daemon=True).start()

    def _decide(self, run: Body) -> tuple[dict[str, str], list[str]]:
        results = {task["task_key"]: task["result"] for task in run["tasks"] if task.get("result")}
        waiting = {task["task_key"] for task in run["tasks"]} - results.keys() - self._tended
        # What was on its way when the workspace died, and can go on, must end in order, too.
        resumed = [task["task_key"] for task in run["tasks"] if task["task_key"] in waiting and "start_time" in task]
        ended = {key: word for key in waiting if (word := self._leash.ended(Where(key)))}
        if ended:
            skip = {key: "CANCELED" for key in ended if key not in resumed}
            return skip, [key for key in resumed if key in ended]
        tasks = run["settings"].get("tasks", [])
        conditions = {task["task_key"]: task["run_if"] for task in tasks}
        outcomes = {task["task_key"]: task["outcome"] for task in run["tasks"] if task.get("outcome")}
        decision = graph.decide(graph.of(tasks), conditions, waiting, results, outcomes)
        return decision.skip, decision.start

    def _tend(self, key: str) -> None:
        """Thread body."""
        try:
            self._tender.tend(Where(key), self._leash)
        finally:
            self._tended.discard(key)
            self._finished.put(key)

    def _conclude(self) -> None:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            results = {task["task_key"]: task["result"] for task in run["tasks"]}
            result = run.get("ended_by") or graph.result(graph.of(run["settings"].get("tasks", [])), results)
            records.ended(tx, run, result, _CODES[result], _message(run, result))
            repairs.note_end(run)
            runs.save(tx, run)
            notifications.of_ended_run(tx, run)
        self._engine.finished(run)

    def _warn(self) -> None:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            if states.is_active(run) and not run.get("warned"):
                run["warned"] = True
                runs.save(tx, run)
                notifications.of_run(tx, run, notifications.DURATION)

    def _fail_internally(self) -> None:
        with self._platform.store.transaction() as tx:
            run = runs.find(tx, self._workspace, self._run_id)
            message = "Unexpected failure; see the workspace's log."
            everything: list[Any] = [run, *(record for _, record in runs.every_record(run))]
            for record in everything:
                if states.is_active(record):
                    records.ended(tx, record, "FAILED", "INTERNAL_ERROR", message)
            repairs.note_end(run)
            runs.save(tx, run)
            notifications.of_ended_run(tx, run)
        self._engine.finished(run)


_CODES = {
    "SUCCESS": "SUCCESS",
    "SUCCESS_WITH_FAILURES": "SUCCESS_WITH_FAILURES",
    "FAILED": "RUN_EXECUTION_ERROR",
    "TIMEDOUT": "CANCELED",
    "CANCELED": "USER_CANCELED",
}


def _message(run: Body, result: str) -> str:
    if result == "TIMEDOUT":
        return "The run ran longer than its timeout."
    if result == "CANCELED":
        return "Run cancelled."
    unsuccessful = [task for task in run["tasks"] if task["result"] in ("FAILED", "TIMEDOUT")]
    if result != "FAILED" or not unsuccessful:
        return ""
    text = f"Task {unsuccessful[0]['task_key']} failed with message: {unsuccessful[0]['message']}."
    if any(task["result"] == "UPSTREAM_FAILED" for task in run["tasks"]):
        text += " This caused all downstream tasks to get skipped."
    return text
