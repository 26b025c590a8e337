"""Jobs that start when files arrive or tables are updated: what each has seen is durable, so nothing starts it twice.

https://docs.databricks.com/aws/en/jobs/file-arrival-triggers, https://docs.databricks.com/aws/en/jobs/trigger-table-update
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals
from rehearsal.workspace.jobs import definitions
from rehearsal.workspace.jobs.triggers import observations, starting
from rehearsal.workspace.jobs.triggers.settings import FILES, PERIODIC, TABLES, kind_of
from rehearsal.workspace.scheduling.source import Source, Started
from rehearsal.workspace.store import Body, Transaction

KIND = "job_trigger"
_TYPES = {FILES: "FILE_ARRIVAL", TABLES: "TABLE"}
log = logging.getLogger(__name__)


class Arrivals(Source):
    """Each job's place or tables are looked at whenever the scheduler asks what is due."""

    name = "triggers"

    def due(self, tx: Transaction, now: datetime) -> dict[str, datetime]:
        """Jobs to which something has come that they have not been started for, with the moment that waits allow."""
        known, found = dict(tx.items(KIND)), {}
        wanted = {key: job for key, job in tx.items(definitions.KIND) if _watched(job)}
        for key in known.keys() - wanted.keys():
            tx.delete(KIND, key)
        for key, job in wanted.items():
            trigger = job["settings"]["trigger"]
            try:
                seen = self._seen(tx, job, trigger)
            except DatabricksError as error:
                log.debug("trigger of job %s: %s", key, error.message)  # until its place is there and may be read
                continue
            record = known.get(key)
            if record is None or record["trigger"] != trigger:
                record = {"trigger": trigger, "seen": seen, "changed": [], "changed_at": None, "fired_at": None}
                tx.put(KIND, key, record)
            elif changed := sorted(name for name, value in seen.items() if record["seen"].get(name) != value):
                record |= {"changed": sorted({*record["changed"], *changed}), "changed_at": now.isoformat()}
                tx.put(KIND, key, record | {"seen": seen})
            if (moment := _moment(record)) is not None:
                found[key] = moment
        return found

    def fire(self, key: str, moment: datetime) -> Started | None:
        """Start the job and forget, in the same transaction, what it is started for."""
        with self.platform.store.transaction() as tx:
            record = tx.get(KIND, key)
            if record is None or _moment(record) != moment:
                return None
            now = self.platform.clock.now().isoformat()
            tx.put(KIND, key, record | {"changed": [], "changed_at": None, "fired_at": now})
            return starting.start(tx, self.platform, key, _TYPES[kind_of(record["trigger"])])

    def _seen(self, tx: Transaction, job: Body, trigger: Body) -> dict[str, int]:
        principal = principals.load(tx, job["run_as"], job["workspace"])
        if kind_of(trigger) == FILES:
            place = observations.files_place(tx, self.platform, principal, trigger[FILES]["url"])
            return dict.fromkeys(observations.files(place), 0)
        return {name: observations.table_version(tx, principal, name) for name in trigger[TABLES]["table_names"]}


def _watched(job: Body) -> bool:
    trigger = job["settings"].get("trigger")
    return bool(trigger) and trigger.get("pause_status") != "PAUSED" and kind_of(trigger) != PERIODIC


def _moment(record: Body) -> datetime | None:
    """When the job is to be started for what has changed: at once, but for the waits that its trigger asks for."""
    kind = kind_of(record["trigger"])
    given = record["trigger"][kind]
    if not record["changed"]:
        return None
    if kind == TABLES and given.get("condition") == "ALL_UPDATED" and set(given["table_names"]) - set(record["changed"]):
        return None
    changed = datetime.fromisoformat(record["changed_at"])
    moment = changed + timedelta(seconds=given.get("wait_after_last_change_seconds") or 0)
    if record["fired_at"]:
        pause = timedelta(seconds=given.get("min_time_between_triggers_seconds") or 0)
        moment = max(moment, datetime.fromisoformat(record["fired_at"]) + pause)
    return moment
