"""Evaluations of SQL alerts. One that a killed workspace owes is made up for by the next."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from databricks.sdk.service.sql import AlertLifecycleState

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.scheduling import quartz
from rehearsal.workspace.scheduling.source import Recurring, Rule, Started
from rehearsal.workspace.sql import alert_evaluation, alerts
from rehearsal.workspace.store import Transaction

_OWED = "alert_evaluation_owed"
_AT_ONCE = 2
log = logging.getLogger(__name__)


class Alerts(Recurring):
    """Evaluations, which run in threads of their own."""

    name = "alerts"

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="alert")

    def rules(self, tx: Transaction) -> dict[str, tuple[str, Rule]]:
        """Of every alert that is neither paused nor in the trash."""
        found: dict[str, tuple[str, Rule]] = {}
        for key, alert in tx.items(alerts.KIND):
            schedule = alert.get("schedule") or {}
            active = alert["lifecycle_state"] == AlertLifecycleState.ACTIVE.value
            if active and schedule.get("quartz_cron_schedule") and schedule.get("pause_status") != "PAUSED":
                expression, zone = schedule["quartz_cron_schedule"], schedule["timezone_id"]
                found[key] = f"{expression} {zone}", quartz.parse(expression, zone)
        return found

    def start(self, tx: Transaction, key: str) -> Started:
        """An evaluation: owed from now on, whatever happens."""
        tx.put(_OWED, key, {})
        workspace, _, identifier = key.partition("/")
        shown = {"kind": "alert", "workspace": workspace, "alert_id": identifier}
        return Started(shown, lambda: not self._is_owed(key), lambda: self._pool.submit(self._evaluate, key))

    def make_up(self) -> None:
        """After a restart: evaluate what is owed."""
        with self.platform.store.transaction() as tx:
            owed = [key for key, _ in tx.items(_OWED)]
        for key in owed:
            self._pool.submit(self._evaluate, key)

    def close(self) -> None:
        """Begin no further evaluation; what is owed stays so."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _is_owed(self, key: str) -> bool:
        with self.platform.store.transaction() as tx:
            return tx.get(_OWED, key) is not None

    def _evaluate(self, key: str) -> None:
        workspace, _, identifier = key.partition("/")
        try:
            alert_evaluation.evaluate(self.platform, workspace, identifier)
        except DatabricksError as error:  # deleted meanwhile
            log.info("alert %s was not evaluated: %s", key, error.message)
        except Exception:
            log.exception("alert %s could not be evaluated", key)
        with self.platform.store.transaction() as tx:
            tx.delete(_OWED, key)
