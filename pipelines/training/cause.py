"""Why a model is trained: an alert, the schedule or a person, as the job's parameters say; versions tell it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from pipelines.registry import TAG_LENGTH

# Tags of the training's MLflow run and of the version; what started it is one of the values below.
TRIGGER, REASON = "trigger", "reason"
ALERT, SCHEDULE, PERSON = "alert", "schedule", "person"
TRIGGERED = "TRIGGERED"  # the state of an alert that something is wrong with
PERIODIC = "periodic"  # what Databricks calls a run that its schedule started


@dataclass(frozen=True)
class Cause:
    """What started a run of the training job."""

    run_trigger: str = ""
    """How Databricks calls it: `periodic` for a schedule."""
    alert: str = ""
    """Name of the alert that did; empty for a schedule and for people."""
    alert_state: str = ""
    reason: str = ""
    """In words, where somebody or the alert gave some."""

    @property
    def trigger(self) -> str:
        """Alert, schedule or person."""
        if self.alert:
            return ALERT
        return SCHEDULE if self.run_trigger.lower() == PERIODIC else PERSON

    def tags(self) -> dict[str, str]:
        """As tags, no longer than Unity Catalog takes them."""
        return {TRIGGER: self.trigger, REASON: textwrap.shorten(self.sentence(), TAG_LENGTH, placeholder=" …")}

    def sentence(self) -> str:
        """For people who read the version or its card."""
        what = {ALERT: f"alert {self.alert}", SCHEDULE: "its schedule", PERSON: "a person"}[self.trigger]
        return f"{what}: {self.reason}" if self.reason else what


UNKNOWN_CAUSE = Cause()
