"""Refreshes of monitors: asked for, under way, ended; their outcome is kept, and failures are told."""

from __future__ import annotations

import logging
import uuid
from concurrent.futures import ThreadPoolExecutor

from databricks.sdk.service.catalog import MonitorInfo, MonitorRefreshInfo, MonitorRefreshInfoTrigger
from databricks.sdk.service.catalog import MonitorRefreshInfoState as State
from pyspark.errors import PySparkException

from rehearsal.workspace import clock
from rehearsal.workspace.context import Call, Platform
from rehearsal.workspace.errors import DatabricksError, invalid, not_found
from rehearsal.workspace.identity import principals
from rehearsal.workspace.monitoring import monitors
from rehearsal.workspace.notifications import outbox
from rehearsal.workspace.notifications.outbox import Message
from rehearsal.workspace.sql import execution
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, tables
from rehearsal.workspace.unity_catalog.privileges import MANAGE, TABLE

KIND = "monitor_refresh"
MEASURED = "monitor_measured"  # what the last refresh saw: the next one measures what has changed since
MANUAL, SCHEDULE = MonitorRefreshInfoTrigger.MANUAL, MonitorRefreshInfoTrigger.SCHEDULE
_ACTIVE = (State.PENDING.value, State.RUNNING.value)
_LOST = "The workspace was restarted while the refresh ran."
log = logging.getLogger(__name__)


def _new_pool() -> ThreadPoolExecutor:
    """One refresh at a time: each may use all of Spark."""
    return ThreadPoolExecutor(1, thread_name_prefix="monitor-refresh")


_pool = _new_pool()


def request(call: Call, table_name: str) -> Body:
    """Queue a refresh for who may manage the table. Raises DatabricksError 403, 404."""
    with call.store.transaction() as tx:
        monitors.find(tx, table_name)
        access.require(tx, call.principal, TABLE, table_name, MANAGE)
    return start(call.platform, table_name, MANUAL)


def start(platform: Platform, table_name: str, trigger: MonitorRefreshInfoTrigger) -> Body:
    """Queue a refresh, whoever asks: the clock, or somebody who was checked. Raises DatabricksError 404."""
    with platform.store.transaction() as tx:
        monitors.find(tx, table_name)
        number = tx.next_id(KIND)
        info = MonitorRefreshInfo(number, State.PENDING, clock.milliseconds(tx), trigger=trigger).as_dict()
        tx.put(KIND, _key(table_name, number), info)
    _pool.submit(_run, platform, table_name, number)
    return info


def get(tx: Transaction, call: Call, table_name: str, number: int) -> Body:
    """One refresh, for who may read the table. Raises DatabricksError 403, 404."""
    monitors.get(tx, call, table_name)
    found = tx.get(KIND, _key(table_name, number))
    if found is None:
        raise not_found(f"Refresh {number} of the monitor for table '{table_name}' does not exist.")
    return found


def history(tx: Transaction, call: Call, table_name: str) -> list[Body]:
    """All refreshes, the newest first. Raises DatabricksError 403, 404."""
    monitors.get(tx, call, table_name)
    return tx.list(KIND, f"{monitors.key(table_name)}/")[::-1]


def cancel(tx: Transaction, call: Call, table_name: str, number: int) -> None:
    """Give up a refresh that has not ended: it changes nothing any more. Raises DatabricksError 400, 403, 404."""
    access.require(tx, call.principal, TABLE, table_name, MANAGE)
    found = get(tx, call, table_name, number)
    if found["state"] not in _ACTIVE:
        raise invalid(f"Refresh {number} has ended: it is {found['state']}.")
    _end(tx, table_name, number, State.CANCELED, "The refresh was cancelled.")


def forget(tx: Transaction, table_name: str) -> None:
    """Drop the history of a monitor that is deleted."""
    tx.delete(MEASURED, monitors.key(table_name))
    for key, _ in tx.items(KIND, f"{monitors.key(table_name)}/"):
        tx.delete(KIND, key)


def note_lost(platform: Platform) -> None:
    """After a restart: what was under way has failed."""
    with platform.store.transaction() as tx:
        for key, info in tx.items(KIND):
            if info["state"] in _ACTIVE:
                table_name, _, number = key.rpartition("/")
                _fail(tx, table_name, int(number), _LOST)


def stop() -> None:
    """Begin no further refresh: the one under way ends with its session, the others are noted by the next start."""
    global _pool
    _pool.shutdown(wait=False, cancel_futures=True)
    _pool = _new_pool()


def _run(platform: Platform, table_name: str, number: int) -> None:
    from rehearsal.workspace.monitoring import (
        computation,
    )  # scipy and sklearn take seconds that no start should wait for

    try:
        with platform.store.transaction() as tx:
            info = tx.get(KIND, _key(table_name, number))
            if info is None or info["state"] != State.PENDING.value:
                return
            tx.put(KIND, _key(table_name, number), {**info, "state": State.RUNNING.value})
            stored = monitors.find(tx, table_name)
            owner = principals.load(tx, stored["owner"], stored["workspace"])
        monitor = MonitorInfo.from_dict(stored["monitor"])
        monitors.ensure_tables(platform, stored["workspace"], monitor, owner.name)
        with platform.store.transaction() as tx:
            found = (str(monitor.profile_metrics_table_name), str(monitor.drift_metrics_table_name))
            profiles, drifts = (tables.local_location(tables.find(tx, name)) for name in found)
            before = tx.get(MEASURED, monitors.key(table_name))
        call = Call(owner, stored["workspace"], platform, str(uuid.uuid4()))
        job = computation.Job(monitor, owner, profiles, drifts, platform.clock.now(), before)
        state = computation.refresh(platform, job, lambda: execution.session(call))
    except Exception as error:
        expected = isinstance(error, PySparkException | DatabricksError)
        log.warning("monitor of %s: refresh %d failed", table_name, number, exc_info=None if expected else error)
        with platform.store.transaction() as tx:
            _fail(tx, table_name, number, str(error).partition("\nJVM stacktrace")[0].strip())
    else:
        with platform.store.transaction() as tx:
            _end(tx, table_name, number, State.SUCCESS, "")
            if _note_failure(tx, table_name, None) is not None:
                tx.put(MEASURED, monitors.key(table_name), state)


def _fail(tx: Transaction, table_name: str, number: int, message: str) -> None:
    if not _end(tx, table_name, number, State.FAILED, message):
        return
    stored = _note_failure(tx, table_name, message)
    if stored is None:
        return
    told = ((stored["monitor"].get("notifications") or {}).get("on_failure") or {}).get("email_addresses") or []
    text = f"Refresh {number} of the monitor for {table_name} failed: {message}"
    outbox.send(
        tx,
        stored["workspace"],
        Message(f"[FAILED] Monitor of {table_name}", text, {}, f"/ui/monitors/{table_name}"),
        told,
    )


def _end(tx: Transaction, table_name: str, number: int, state: State, message: str) -> bool:
    """Write down the end; False when it had ended before, or its monitor is gone."""
    info = tx.get(KIND, _key(table_name, number))
    if info is None or info["state"] not in _ACTIVE:
        return False
    info |= {"state": state.value, "end_time_ms": clock.milliseconds(tx), "message": message}
    tx.put(KIND, _key(table_name, number), info)
    return True


def _note_failure(tx: Transaction, table_name: str, message: str | None) -> Body | None:
    stored = tx.get(monitors.KIND, monitors.key(table_name))
    if stored is not None:
        stored["monitor"].pop("latest_monitor_failure_msg", None)
        if message:
            stored["monitor"]["latest_monitor_failure_msg"] = message
        tx.put(monitors.KIND, monitors.key(table_name), stored)
    return stored


def _key(table_name: str, number: int) -> str:
    return f"{monitors.key(table_name)}/{number:012d}"
