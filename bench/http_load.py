"""A light HTTP load: one request sent again and again over kept connections, from a process of its own.

`python -m bench.http_load PORT CONNECTIONS SECONDS FILE` sends the file's bytes, a whole HTTP request, and prints JSON:
answers per second, median milliseconds, and how many answers were not 200. It only looks at the status line and the
length of each answer, so that it takes little of the processors that it shares with the servers it measures.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import cast

import uvloop


class _Caller(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again."""

    def __init__(self, request: bytes) -> None:
        self.taken: list[float] = []
        self.failures = 0
        self._request = request
        self._buffer = b""
        self._started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self.taken.append(time.perf_counter() - self._started)
        self.failures += b" 200 " not in head[:20]
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.failures += 1

    def _send(self) -> None:
        self._started = time.perf_counter()
        self._transport.write(self._request)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def _run(port: int, connections: int, seconds: float, request: bytes) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    callers = [_Caller(request) for _ in range(connections)]
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.sleep(seconds / 5)  # the first answers do not count
    before = [len(caller.taken) for caller in callers]
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    taken = [one for caller, skipped in zip(callers, before, strict=True) for one in caller.taken[skipped:]]
    failures = sum(caller.failures for caller in callers)
    return {
        "per_second": len(taken) / elapsed,
        "p50_ms": statistics.median(taken) * 1000 if taken else float("inf"),
        "failures": failures,
    }


if __name__ == "__main__":
    port, connections, seconds, file = sys.argv[1:]
    found = uvloop.run(_run(int(port), int(connections), float(seconds), Path(file).read_bytes()))
    sys.stdout.write(json.dumps(found))
