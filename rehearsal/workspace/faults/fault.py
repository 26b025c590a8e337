"""One fault: its name, what it meets, how often. Checked when it is set."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

TOO_MANY_REQUESTS = "too-many-requests"
SERVER_ERROR = "server-error"
UNAVAILABLE = "temporarily-unavailable"
DROPPED_CONNECTION = "dropped-connection"
LATENCY = "latency"
SLOW_CONSISTENCY = "slow-consistency"
KILL = "kill"
NAMES = (TOO_MANY_REQUESTS, SERVER_ERROR, UNAVAILABLE, DROPPED_CONNECTION, LATENCY, SLOW_CONSISTENCY, KILL)
# Places in the code at which the workspace can be killed.
POINTS = {
    "files.upload.written": "an upload is whole on disk and does not have its name yet",
    "gateway.written": "Spark has written a new table, and the catalog does not know of it yet",
    "schedule.fired": "that a schedule or trigger has fired, and its run, are durable; the run has not begun",
    "webhook.posted": "a webhook was taken by its receiver; that it was is not written down yet",
}


class Wanted(BaseModel):
    """A fault as it is asked for; `path` is a pattern as of a shell (`/api/2.1/unity-catalog/*`)."""

    model_config = ConfigDict(extra="forbid")

    name: str
    method: str = "*"
    path: str = "*"
    point: str | None = None
    when: str = "before"
    times: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, gt=0, le=1)
    after_seconds: float = Field(default=0.0, ge=0)
    retry_after: int = Field(default=1, ge=0)
    seconds: float = Field(default=1.0, ge=0)

    @model_validator(mode="after")
    def _known(self) -> Wanted:
        if self.name not in NAMES:
            raise ValueError(f"'{self.name}' is not a fault; there are {', '.join(NAMES)}")
        if self.when not in ("before", "after"):
            raise ValueError("when is before or after the request is served")
        if self.point is not None and (self.name != KILL or self.point not in POINTS):
            raise ValueError(f"a point is for {KILL}, one of {', '.join(sorted(POINTS))}")
        return self


@dataclass
class Fault:
    """A fault that is set."""

    id: int
    wanted: Wanted
    set_at: float = field(default_factory=time.monotonic)
    struck: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Does it meet this request? If so, it has struck once more."""
        wanted = self.wanted
        meets = wanted.method in ("*", method) and fnmatchcase(path, wanted.path) and wanted.point is None
        return meets and self.strike()

    def strike(self) -> bool:
        """Is it its time, by chance and number? If so, it has struck once more."""
        early = time.monotonic() - self.set_at < self.wanted.after_seconds
        if early or self.is_spent or (self.wanted.probability < 1 and random.random() >= self.wanted.probability):
            return False
        self.struck += 1
        return True

    @property
    def is_spent(self) -> bool:
        """Has it struck as often as it was to?"""
        return self.wanted.times is not None and self.struck >= self.wanted.times

    def shown(self) -> dict[str, Any]:
        """As it leaves by REST."""
        return {"id": self.id, **self.wanted.model_dump(exclude_none=True), "struck": self.struck}
