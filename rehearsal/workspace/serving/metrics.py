"""What an endpoint's `metrics` route tells: requests and errors of the last minute, latencies, load.

As documented, counts are gauges of the past minute, and the latency is a histogram that only grows:
https://learn.microsoft.com/azure/databricks/machine-learning/model-serving/metrics-export-serving-endpoint
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable

import psutil

_WINDOW_SECONDS = 60
_BOUNDS_MS = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0, 60000.0)


class Metrics:
    """Counts of one served entity; written by the event loop, read by anybody."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: deque[tuple[int, Counter[str]]] = deque()
        self._buckets = [0] * (len(_BOUNDS_MS) + 1)
        self._sum_ms = 0.0

    def record(self, status: int, seconds: float) -> None:
        """One answer of this HTTP status after so many seconds."""
        now = int(self._clock())
        if not self._seconds or self._seconds[-1][0] != now:
            self._seconds.append((now, Counter()))
            while self._seconds[0][0] <= now - _WINDOW_SECONDS:
                self._seconds.popleft()
        counts = self._seconds[-1][1]
        counts["all"] += 1
        if status >= 400:
            counts[f"{status // 100}xx"] += 1
        milliseconds = seconds * 1000
        self._sum_ms += milliseconds
        self._buckets[bisect_left(_BOUNDS_MS, milliseconds)] += 1

    def last_minute(self) -> Counter[str]:
        """Requests (`all`) and errors (`4xx`, `5xx`) of the past minute."""
        since = int(self._clock()) - _WINDOW_SECONDS
        total: Counter[str] = Counter()
        for second, counts in list(self._seconds):
            if second > since:
                total.update(counts)
        return total

    def latency(self) -> tuple[list[tuple[str, int]], float, int]:
        """The histogram: (upper bound in milliseconds, requests up to it), the sum of milliseconds, all requests."""
        cumulative, total = [], 0
        for bound, count in zip([*map(str, _BOUNDS_MS), "+Inf"], list(self._buckets), strict=True):
            total += count
            cumulative.append((bound, total))
        return cumulative, self._sum_ms, total


class Load:
    """Shares of the machine that processes take, as percentages since they were last looked at."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}

    def of(self, pids: list[int]) -> tuple[float, float]:
        """CPU (of one processor) and memory (of the machine), as averages over the processes."""
        self._known = {pid: self._known.get(pid) or psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)}
        found = []
        for process in self._known.values():
            try:
                found.append((process.cpu_percent(), process.memory_percent()))
            except psutil.NoSuchProcess:  # it has just ended
                continue
        if not found:
            return 0.0, 0.0
        return sum(cpu for cpu, _ in found) / len(found), sum(memory for _, memory in found) / len(found)
