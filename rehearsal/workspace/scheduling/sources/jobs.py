"""Jobs with a schedule or a periodic trigger. https://docs.databricks.com/aws/en/jobs/scheduled"""

from __future__ import annotations

from datetime import timedelta

from databricks.sdk.service.jobs import TriggerType

from rehearsal.workspace.jobs import stored
from rehearsal.workspace.jobs.triggers import runs
from rehearsal.workspace.scheduling import quartz
from rehearsal.workspace.scheduling.source import Recurring, Rule, Started
from rehearsal.workspace.store import Body, Transaction

_UNITS = {"HOURS": timedelta(hours=1), "DAYS": timedelta(days=1), "WEEKS": timedelta(weeks=1)}


class Jobs(Recurring):
    """Runs of the trigger type PERIODIC."""

    name = "jobs"

    def rules(self, tx: Transaction) -> dict[str, tuple[str, Rule]]:
        """Of every job that is not paused."""
        found: dict[str, tuple[str, Rule]] = {}
        for key, job in tx.items(stored.KIND):
            schedule, trigger = job["settings"].get("schedule"), job["settings"].get("trigger") or {}
            if schedule and schedule.get("pause_status") != "PAUSED":
                expression, zone = schedule["quartz_cron_expression"], schedule["timezone_id"]
                found[key] = f"{expression} {zone}", quartz.parse(expression, zone)
            elif trigger.get("periodic") and trigger.get("pause_status") != "PAUSED":
                found[key] = str(trigger["periodic"]), _every(trigger["periodic"])
        return found

    def start(self, tx: Transaction, key: str) -> Started:
        """A run of the job."""
        return runs.start(tx, self.platform, key, TriggerType.PERIODIC)


def _every(periodic: Body) -> quartz.Every:
    return quartz.Every(periodic["interval"] * _UNITS[periodic["unit"]])
