"""Looks for what is due, in real time and, when somebody moves the clock, moment by moment up to where it is moved."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.scheduling.source import Source, Started
from rehearsal.workspace.store import Body

log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_WAIT_SECONDS = 0.05
_MOST_IN_A_MOVE = 1000


@dataclass(frozen=True, order=True)
class Due:
    """What is next of one thing."""

    moment: datetime
    source: str
    key: str


class Scheduler:
    """One thread that fires; whoever moves the clock fires in its stead meanwhile."""

    def __init__(self, platform: Platform, sources: Sequence[Source]) -> None:
        self._platform = platform
        self._sources = {source.name: source for source in sources}
        self._firing = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True, name="scheduler")

    def start(self) -> None:
        """Begin with what is due."""
        self._thread.start()

    def stop(self) -> None:
        """Fire nothing more."""
        self._stopped.set()
        self._thread.join()

    def upcoming(self) -> list[Due]:
        """What is due next of each thing, the earliest first."""
        now = self._platform.clock.now()
        return sorted(
            Due(moment, source.name, key)
            for source in self._sources.values()
            for key, moment in source.due(now).items()
        )

    def move(self, to: datetime, wait: bool) -> list[Body]:
        """Move the clock, firing everything at its own moment; what was fired.

        Args:
            wait: whether what a moment started must have ended before the clock moves on.

        Raises DatabricksError 400 for a moment that has passed, or when too much would be fired.
        """
        fired: list[Body] = []
        with self._firing:
            if to < self._platform.clock.now():
                self._platform.clock.move(to)  # refuses
            while not self._stopped.is_set():
                due = self.upcoming()
                if not due or due[0].moment > to:
                    break
                if len(fired) >= _MOST_IN_A_MOVE:
                    reached = due[0].moment.isoformat()
                    raise invalid(f"{_MOST_IN_A_MOVE} moments have been fired up to {reached}: go on from there.")
                self._platform.clock.reach(due[0].moment)
                started = self._fire([each for each in due if each.moment <= due[0].moment], fired)
                while wait and not all(each.ended() for each in started) and not self._stopped.is_set():
                    time.sleep(_WAIT_SECONDS)
            self._platform.clock.reach(to)
        return fired

    def sleep(self, to: datetime) -> None:
        """Move the clock past all that is due until a minute before, which is missed. Raises DatabricksError 400."""
        with self._firing:
            self._platform.clock.move(to)

    def _look(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            try:
                with self._firing:
                    now = self._platform.clock.now()
                    self._fire([each for each in self.upcoming() if each.moment <= now], [])
            except Exception:
                log.exception("what is due could not be found")

    def _fire(self, due: list[Due], fired: list[Body]) -> list[Started]:
        """Fire each; one that fails keeps no other from firing."""
        found = []
        for each in due:
            try:
                started = self._sources[each.source].fire(each.key, each.moment)
            except Exception:
                log.exception("%s %s could not be started at %s", each.source, each.key, each.moment)
                continue
            if started is not None:
                found.append(started)
                fired.append({**started.shown, "at": each.moment.isoformat()})
        return found
