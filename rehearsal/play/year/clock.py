"""The workspace's clock as the year moves it: past weeks in which nothing is looked at, and through single moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from rehearsal.play.platform import LocalPlatform
from rehearsal.play.year.errors import YearError

_PATH = "/api/2.0/understudy/clock"
_JUST_BEFORE = timedelta(seconds=2)


@dataclass(frozen=True)
class Fired:
    """What a moment started: runs of jobs by their ids, and how many alerts it evaluated."""

    runs: list[int]
    alerts: int


class Clock:
    """The clock of a local workspace, moved by its administrator."""

    def __init__(self, local: LocalPlatform, workspace: str) -> None:
        config = local.client(workspace).config
        self._url, self._headers = f"{config.host}{_PATH}", {"Authorization": f"Bearer {config.token}"}

    def now(self) -> datetime:
        """The workspace's time."""
        answer = httpx.get(self._url, headers=self._headers, timeout=30).raise_for_status()
        return datetime.fromisoformat(answer.json()["now"])

    def sleep_until(self, moment: datetime) -> None:
        """Pass all that is due before; nothing of it is started. A moment that has passed changes nothing."""
        if moment > self.now():
            self._move(to=moment.isoformat(), asleep=True)

    def live(self, moment: datetime) -> Fired:
        """Let what is due at just this moment happen, until it has ended."""
        self.sleep_until(moment - _JUST_BEFORE)
        fired = self._move(to=moment.isoformat(), wait=True)["fired"]
        runs = [int(each["run_id"]) for each in fired if each["kind"] == "job"]
        return Fired(runs, sum(each["kind"] == "alert" for each in fired))

    def _move(self, **wanted: Any) -> dict[str, Any]:
        answer = httpx.post(self._url, json=wanted, headers=self._headers, timeout=None)
        if answer.status_code != httpx.codes.OK:
            raise YearError(f"the clock was not moved: {answer.text}")
        moved: dict[str, Any] = answer.json()
        return moved
