"""Refreshes of quality monitors that have a schedule."""

from __future__ import annotations

from rehearsal.workspace.monitoring import monitors, refreshes
from rehearsal.workspace.scheduling import quartz
from rehearsal.workspace.scheduling.source import Recurring, Rule, Started
from rehearsal.workspace.store import Transaction

_ENDED = ("SUCCESS", "FAILED", "CANCELED")


class Monitors(Recurring):
    """Refreshes of the trigger SCHEDULE."""

    name = "monitors"

    def rules(self, tx: Transaction) -> dict[str, tuple[str, Rule]]:
        """Of every monitor that is not paused."""
        found: dict[str, tuple[str, Rule]] = {}
        for key, stored in tx.items(monitors.KIND):
            schedule = stored["monitor"].get("schedule")
            if schedule and schedule.get("pause_status") != "PAUSED":
                expression, zone = schedule["quartz_cron_expression"], schedule["timezone_id"]
                found[key] = f"{expression} {zone}", quartz.parse(expression, zone)
        return found

    def start(self, tx: Transaction, key: str) -> Started:
        """A refresh of the monitor."""
        stored = tx.get(monitors.KIND, key)
        assert stored is not None
        table = stored["monitor"]["table_name"]
        info = refreshes.start(self.platform, table, refreshes.SCHEDULE)
        shown = {"kind": "monitor", "table_name": table, "refresh_id": info["refresh_id"]}

        def ended() -> bool:
            with self.platform.store.transaction() as tx:
                found = tx.get(refreshes.KIND, f"{monitors.key(table)}/{info['refresh_id']:012d}")
            return found is None or found["state"] in _ENDED

        return Started(shown, ended)
