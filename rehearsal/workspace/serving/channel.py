"""One connection of the workspace to a model server: takes a group of requests, gives back their answers in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.serving import wire
from rehearsal.workspace.serving.limits import SCORING_SECONDS, unavailable

_STOPPED = "The model server stopped while it answered; it is being started again."


class Ask:
    """One request on its way, and the future of its answer."""

    __slots__ = ("answer", "body", "content_type")

    def __init__(self, body: bytes, content_type: str, answer: asyncio.Future[wire.Answer]) -> None:
        self.body = body
        self.content_type = content_type
        self.answer = answer


class Channel(asyncio.Protocol):
    """An open connection; belongs to the event loop.

    Args:
        freed: called when all of a group is answered.
        lost: called when the connection has ended.
    """

    def __init__(self, key: str, freed: Callable[[Channel], None], lost: Callable[[Channel], None]) -> None:
        self._key = key
        self._freed = freed
        self._lost = lost
        self._waiting: deque[Ask] = deque()
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._late = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The key opens the conversation."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no common class
        self._transport.write(self._key.encode() + b"\n")

    @property
    def closed(self) -> bool:
        """Has the connection ended, as far as this side knows?"""
        return self._transport is None or self._transport.is_closing()

    def send(self, group: list[Ask]) -> None:
        """Send requests that travel together; only when the last group is answered."""
        assert self._transport is not None and not self._waiting
        self._waiting.extend(group)
        last = len(group) - 1
        frames = (
            wire.request_frame(wire.SCORE, ask.content_type, ask.body, place < last) for place, ask in enumerate(group)
        )
        self._transport.write(b"".join(frames))
        self._timer = asyncio.get_running_loop().call_later(SCORING_SECONDS, self._time_out)

    def data_received(self, data: bytes) -> None:
        """Settle the answers that are there as a whole."""
        self._buffer += data
        head = wire.ANSWER.size
        while self._waiting and len(self._buffer) >= head:
            status, length = wire.ANSWER.unpack_from(self._buffer)
            if len(self._buffer) < head + length:
                return
            body = bytes(self._buffer[head : head + length])
            del self._buffer[: head + length]
            ask = self._waiting.popleft()
            if not ask.answer.done():
                ask.answer.set_result(wire.Answer(status, body))
        if not self._waiting:
            self._settle_timer()
            self._freed(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits gets an error: nobody knows whether the model has seen the request."""
        self._settle_timer()
        message = f"The model gave no answer within {SCORING_SECONDS} seconds."
        for ask in self._waiting:
            if not ask.answer.done():
                late = DatabricksError(504, "DEADLINE_EXCEEDED", message)
                ask.answer.set_exception(late if self._late else unavailable(_STOPPED))
        self._waiting.clear()
        self._transport = None
        self._lost(self)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def _time_out(self) -> None:
        self._late = True
        if self._transport is not None:
            self._transport.abort()

    def _settle_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
