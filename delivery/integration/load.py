"""A load test: callers that ask one after the other, all at the same time, and what that must come to."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from delivery.errors import DeliveryError

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Load:
    """How much is asked, and how slow the slow twentieth of the answers may be."""

    callers: int = 4
    requests: int = 200
    most_p95_ms: float = 2000.0


@dataclass(frozen=True)
class Answers:
    """What came of it."""

    statuses: Counter[int]
    milliseconds: list[float]
    seconds: float

    def percentile(self, share: float) -> float:
        """The answer's time that this share of all answers keeps within."""
        return sorted(self.milliseconds)[math.ceil(share * len(self.milliseconds)) - 1]

    def __str__(self) -> str:
        rate = len(self.milliseconds) / self.seconds
        fast, slow = self.percentile(0.5), self.percentile(0.95)
        times = f"half within {fast:.0f} ms, 95 % within {slow:.0f} ms"
        return f"{len(self.milliseconds)} answers, {rate:.0f} a second, {times}"


def apply_load(url: str, headers: Mapping[str, str], request: Mapping[str, Any], load: Load) -> Answers:
    """Ask; nobody waits for the others."""
    began = time.perf_counter()
    shares = [len(range(caller, load.requests, load.callers)) for caller in range(load.callers)]
    with ThreadPoolExecutor(load.callers) as threads:
        said = [pair for pairs in threads.map(lambda n: _ask(url, headers, request, n), shares) for pair in pairs]
    return Answers(Counter(status for status, _ in said), [ms for _, ms in said], time.perf_counter() - began)


def require(endpoint: str, answers: Answers, load: Load) -> None:
    """Raises DeliveryError unless everybody was answered, and in time."""
    where = f"serving endpoint {endpoint} under load"
    if set(answers.statuses) != {200}:
        raise DeliveryError(where, f"answers by status {dict(answers.statuses)}", "status 200 only")
    if answers.percentile(0.95) > load.most_p95_ms:
        raise DeliveryError(where, str(answers), f"95 % within {load.most_p95_ms:.0f} ms")


def _ask(url: str, headers: Mapping[str, str], request: Mapping[str, Any], count: int) -> list[tuple[int, float]]:
    said = []
    with httpx.Client(headers=dict(headers), timeout=_TIMEOUT_SECONDS) as caller:
        for _ in range(count):
            began = time.perf_counter()
            answer = caller.post(url, json=request)
            said.append((answer.status_code, (time.perf_counter() - began) * 1000))
    return said
