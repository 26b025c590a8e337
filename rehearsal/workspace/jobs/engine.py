"""All active runs of the platform: which has a driver, which waits in the queue, who waits for the end of one.

Every change of state is durable before anybody can see it, so that a killed workspace knows on its next start which
tasks were lost; see `recovery`.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict

from rehearsal.workspace.context import Platform
from rehearsal.workspace.jobs import notifications, records, recovery, repairs, runs, states
from rehearsal.workspace.jobs.driver import Driver
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.store import Body

_JOIN_SECONDS = 15


class Engine:
    """Runs runs: a thread for each active run, and one for each running task of it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._guard = threading.Lock()
        self._drivers: dict[int, Driver] = {}
        self._watched: defaultdict[int, threading.Event] = defaultdict(threading.Event)
        self.stopping = threading.Event()

    def submit(self, run: Body) -> None:
        """Start a PENDING run, or take up one that an earlier workspace had started; others are left as they are."""
        if run["phase"] == "QUEUED" or not states.is_active(run):
            return
        with self._guard:
            if self.stopping.is_set() or run["run_id"] in self._drivers:
                return  # it is durable, and the next start takes it up; or it runs already
            driver = Driver(self._platform, self, run["workspace"], run["run_id"])
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
            for record in (run, *(record for _, record in runs.every_record(run))):
                if states.is_active(record):
                    records.ended(tx, record, "CANCELED", "USER_CANCELED", "Run cancelled.")
            repairs.note_end(run)
            runs.save(tx, run)
            notifications.of_ended_run(tx, run)
        self.finished(run)

    def cancel_task(self, run: Body, where: Where) -> None:
        """Cancel one task of an active run; those that depend on it see that it was cancelled."""
        with self._guard:
            driver = self._drivers.get(run["run_id"])
        if driver is not None:
            driver.end_one(Where(where.task_key), "CANCELED")

    def watch(self, run: Body) -> threading.Event:
        """An event that is set once the run has ended."""
        with self._guard:
            event = self._watched[run["run_id"]]
        with self._platform.store.transaction() as tx:
            over = not states.is_active(runs.find(tx, run["workspace"], run["run_id"]))
        if over:
            self._tell(run["run_id"])
        return event

    def finished(self, run: Body) -> None:
        """A run has ended: tell who waits for it, and start the job's next queued one."""
        with self._guard:
            self._drivers.pop(run["run_id"], None)
        self._tell(run["run_id"])
        with self._platform.store.transaction() as tx:
            entry = tx.get(runs.ENTRY_KIND, f"{run['workspace']}/{run['run_id']}")
        if entry is not None and states.is_active(entry):  # repaired before its first driver had gone
            self.submit(entry)
        self._start_queued(run["workspace"], run["job_id"])

    def recover(self) -> None:
        """Take up what was active when the last workspace process ended."""
        active = recovery.recover(self._platform)
        for run in active:
            self.submit(run)
        for workspace, job_id in {(run["workspace"], run["job_id"]) for run in active if run["phase"] == "QUEUED"}:
            self._start_queued(workspace, job_id)

    def stop(self) -> None:
        """End all processes; the runs stay active in the store, and the next start decides about them."""
        with self._guard:
            self.stopping.set()
            drivers = list(self._drivers.values())
        for driver in drivers:
            driver.abandon()
        for driver in drivers:
            driver.join(_JOIN_SECONDS)

    def _start_queued(self, workspace: str, job_id: int) -> None:
        with self._platform.store.transaction() as tx:
            active = runs.active_of_job(tx, workspace, job_id)
            queued = [entry for entry in active if entry["phase"] == "QUEUED"]
            if not queued:
                return
            run = runs.find(tx, workspace, queued[0]["run_id"])
            if len(active) - len(queued) >= run["settings"]["max_concurrent_runs"]:
                return
            now = self._platform.clock.milliseconds()
            run.update(phase="PENDING", queue_duration=now - run["start_time"], real_start=time.time())
            runs.save(tx, run)
        self.submit(run)

    def _tell(self, run_id: int) -> None:
        with self._guard:
            event = self._watched.pop(run_id, None)
        if event is not None:
            event.set()
