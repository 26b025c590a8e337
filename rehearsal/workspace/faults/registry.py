"""The faults that are set. They are the process's, not the store's: a workspace that was killed starts sound."""

from __future__ import annotations

import os
import signal
import threading

from rehearsal.workspace.faults.fault import KILL, Fault, Wanted


class Registry:
    """All faults, in the order in which they were set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self.requests: tuple[Fault, ...] = ()
        """Those that meet requests."""
        self.points: tuple[Fault, ...] = ()
        """Those that wait at a point in the code."""

    def set(self, wanted: Wanted) -> Fault:
        """Set a fault."""
        with self._lock:
            self._last += 1
            fault = Fault(self._last, wanted)
            if wanted.point is None:
                self.requests += (fault,)
            else:
                self.points += (fault,)
        return fault

    def all(self) -> list[Fault]:
        """Faults, spent ones too."""
        return sorted((*self.requests, *self.points), key=lambda fault: fault.id)

    def remove(self, identifier: int | None = None) -> bool:
        """Remove one, or all; False when there was none."""
        with self._lock:
            before = len(self.requests) + len(self.points)
            self.requests, self.points = (
                tuple(fault for fault in faults if identifier is not None and fault.id != identifier)
                for faults in (self.requests, self.points)
            )
            return len(self.requests) + len(self.points) < before

    def striking(self, method: str, path: str) -> list[Fault]:
        """Those that meet the request."""
        with self._lock:
            return [fault for fault in self.requests if fault.strikes(method, path)]

    def reach(self, point: str) -> None:
        """Somebody is at the point."""
        with self._lock:
            struck = [fault for fault in self.points if fault.wanted.point == point and fault.strike()]
        if any(fault.wanted.name == KILL for fault in struck):
            die()


def die() -> None:
    """Die at once, as by `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


registry = Registry()
