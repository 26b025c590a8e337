"""Jobs that start when files arrive or tables are updated: what each has seen is durable, so nothing starts it twice.

https://docs.databricks.com/aws/en/jobs/file-arrival-triggers, https://docs.databricks.com/aws/en/jobs/trigger-table-update
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from databricks.sdk.service.jobs import TriggerType

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals
from rehearsal.workspace.jobs import stored
from rehearsal.workspace.jobs.triggers import observations, runs
from rehearsal.workspace.jobs.triggers.settings import FILES, PERIODIC, TABLES, kind_of
from rehearsal.workspace.scheduling.source import Source, Started
from rehearsal.workspace.store import Body, Transaction

KIND = "job_trigger"
_TYPES = {FILES: TriggerType.FILE_ARRIVAL, TABLES: TriggerType.TABLE}
log = logging.getLogger(__name__)


class Arrivals(Source):
    """Each job's place or tables are looked at whenever the scheduler asks what is due."""

    name = "triggers"

    def due(self, now: datetime) -> dict[str, datetime]:
        """Jobs to which something has come that they have not been started for, with the moment that waits allow."""
        with self.platform.store.transaction() as tx:
            wanted = {key: job for key, job in tx.items(stored.KIND) if _watched(job)}
            known = dict(tx.items(KIND))
        seen = {key: self._seen(job) for key, job in wanted.items()}  # outside: looking at files may take a while
        with self.platform.store.transaction() as tx:
            for key in known.keys() - wanted.keys():
                tx.delete(KIND, key)
            records = {
                key: self._noted(tx, key, wanted[key]["settings"]["trigger"], values, now)
                for key, values in seen.items()
                if values is not None
            }
        return {key: moment for key, record in records.items() if (moment := _moment(record)) is not None}

    def _noted(self, tx: Transaction, key: str, trigger: Body, seen: dict[str, int], now: datetime) -> Body:
        """The record, with what has come since; what is there when a trigger is set has not come."""
        before = tx.get(KIND, key)
        if before is None or before["trigger"] != trigger:
            record: Body = {"trigger": trigger, "seen": seen, "changed": [], "changed_at": None, "fired_at": None}
        else:
            changed = {name for name, value in seen.items() if before["seen"].get(name) != value}
            record = {**before, "seen": seen}
            if changed:
                record |= {"changed": sorted({*before["changed"], *changed}), "changed_at": now.isoformat()}
        if record != before:
            tx.put(KIND, key, record)
        return record

    def fire(self, key: str, moment: datetime) -> Started | None:
        """Start the job and forget, in the same transaction, what it is started for."""
        with self.platform.store.transaction() as tx:
            record = tx.get(KIND, key)
            if record is None or _moment(record) != moment:
                return None
            now = self.platform.clock.now().isoformat()
            tx.put(KIND, key, record | {"changed": [], "changed_at": None, "fired_at": now})
            kind = kind_of(record["trigger"])
            place = {"location": record["trigger"][FILES]["url"]} if kind == FILES else None
            started = runs.start(tx, self.platform, key, _TYPES[kind], place)
        started.begin()
        return started

    def _seen(self, job: Body) -> dict[str, int] | None:
        """Files or versions of tables; None while they are not there or may not be read."""
        trigger = job["settings"]["trigger"]
        try:
            with self.platform.store.transaction() as tx:
                principal = principals.load(tx, job["run_as"], job["workspace"])
                if kind_of(trigger) == TABLES:
                    names = trigger[TABLES]["table_names"]
                    return {name: observations.table_version(tx, principal, name) for name in names}
                place = observations.files_place(tx, self.platform, principal, trigger[FILES]["url"])
            return dict.fromkeys(observations.files(place), 0)
        except DatabricksError as error:
            log.debug("trigger of job %s: %s", job["job_id"], error.message)
            return None


def _watched(job: Body) -> bool:
    trigger = job["settings"].get("trigger")
    return bool(trigger) and trigger.get("pause_status") != "PAUSED" and kind_of(trigger) != PERIODIC


def _moment(record: Body) -> datetime | None:
    """When the job is to be started for what has changed: at once, but for the waits that its trigger asks for."""
    kind = kind_of(record["trigger"])
    given = record["trigger"][kind]
    if not record["changed"]:
        return None
    waits_for_all = kind == TABLES and given.get("condition") == "ALL_UPDATED"
    if waits_for_all and set(given["table_names"]) - set(record["changed"]):
        return None
    changed = datetime.fromisoformat(record["changed_at"])
    moment = changed + timedelta(seconds=given.get("wait_after_last_change_seconds") or 0)
    if record["fired_at"]:
        pause = timedelta(seconds=given.get("min_time_between_triggers_seconds") or 0)
        moment = max(moment, datetime.fromisoformat(record["fired_at"]) + pause)
    return moment
