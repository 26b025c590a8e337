"""Brings requests to the model servers of one served entity: who is idle takes those that wait.

Lives in the event loop of the workspace's HTTP servers; supervisors, which are threads, only announce servers and take
them back. A request leaves the queue when it is sent, never before: what was not sent when a server ends goes to the
next one, by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.serving.channel import Ask, Channel
from rehearsal.workspace.serving.limits import MAX_WAITING, too_many_waiting
from rehearsal.workspace.serving.wire import Answer

log = logging.getLogger(__name__)
# A group is what waited for one connection; more would make the first wait for the last.
_MOST_TOGETHER = 64
_RECONNECT_SECONDS = 0.05


class Retired(Exception):
    """The served entity takes no more requests: another configuration serves by now."""


class Server(Protocol):
    """What the dispatcher knows of a model server process."""

    @property
    def port(self) -> int:
        """Its loopback port."""
        ...

    @property
    def key(self) -> str:
        """What opens a connection to it."""
        ...

    @property
    def takes_groups(self) -> bool:
        """Does its model take the rows of several requests in one call?"""
        ...


@dataclass(eq=False)
class _Lines:
    """The connections to one server."""

    server: Server
    opened: set[Channel] = field(default_factory=set)
    idle: list[Channel] = field(default_factory=list)

    @property
    def busy(self) -> int:
        return len(self.opened) - len(self.idle)


class Dispatcher:
    """The queue of one served entity.

    Args:
        connections: how many requests each model server answers at a time.
    """

    def __init__(self, name: str, connections: int) -> None:
        self._name = name
        self._connections = connections
        self._waiting: deque[Ask] = deque()
        self._lines: tuple[_Lines, ...] = ()  # replaced as a whole, so that no thread sees half of a change
        self._opening: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._in_flight = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def in_flight(self) -> int:
        """Requests that are not answered yet."""
        return self._in_flight

    async def ask(self, body: bytes, content_type: str) -> Answer:
        """The model's answer. Raises Retired, or DatabricksError where there is none."""
        if len(self._waiting) >= MAX_WAITING:
            raise too_many_waiting(self._name)
        with self._changed:
            if self._closed:
                raise Retired
            self._in_flight += 1
        try:
            self._loop = asyncio.get_running_loop()
            ask = Ask(body, content_type, self._loop.create_future())
            self._waiting.append(ask)
            self._pump()
            return await ask.answer
        finally:
            with self._changed:
                self._in_flight -= 1
                if not self._in_flight:
                    self._changed.notify_all()

    def add(self, server: Server) -> None:
        """A server is ready. From any thread."""
        with self._changed:
            self._lines = (*self._lines, _Lines(server))
        self._wake(self._pump)

    def discard(self, server: Server) -> None:
        """A server has ended, or is about to. From any thread."""
        with self._changed:
            gone = [lines for lines in self._lines if lines.server is server]
            self._lines = tuple(lines for lines in self._lines if lines.server is not server)

        def hang_up() -> None:
            for lines in gone:
                for channel in lines.idle:
                    channel.close()

        self._wake(hang_up)

    def refuse_waiting(self, error: DatabricksError) -> None:
        """No server will come soon: refuse what waits. From any thread."""

        def refuse() -> None:
            while self._waiting:
                answer = self._waiting.popleft().answer
                if not answer.done():
                    answer.set_exception(error)

        self._wake(refuse)

    def close(self, drain_seconds: float) -> None:
        """Take no more requests and wait for the answers of those that are there. From any thread but the loop's."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._in_flight == 0, timeout=drain_seconds)

    def _pump(self) -> None:
        """Send what waits to who is idle; open more connections while some wait."""
        while self._waiting:
            free = [lines for lines in self._lines if lines.idle]
            if not free:
                self._open_more()
                return
            lines = min(free, key=lambda lines: lines.busy)
            channel = lines.idle.pop()
            if not channel.closed:
                count = 1
                if lines.server.takes_groups:
                    idle = 1 + sum(len(lines.idle) for lines in free)
                    count = min(-(-len(self._waiting) // idle), _MOST_TOGETHER)
                channel.send([self._waiting.popleft() for _ in range(count)])

    def _open_more(self) -> None:
        if len(self._opening) >= len(self._waiting):
            return
        # A server that takes groups has one under way, while the next gathers.
        most = {True: 1, False: self._connections}
        room = [lines for lines in self._lines if len(lines.opened) < most[lines.server.takes_groups]]
        if room:
            task = asyncio.get_running_loop().create_task(self._open(min(room, key=lambda lines: len(lines.opened))))
            self._opening.add(task)
            task.add_done_callback(self._opening_ended)

    def _opening_ended(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        self._pump()

    async def _open(self, lines: _Lines) -> None:
        def freed(channel: Channel) -> None:
            if lines in self._lines:
                lines.idle.append(channel)
            else:
                channel.close()
            self._pump()

        def lost(channel: Channel) -> None:
            lines.opened.discard(channel)
            if channel in lines.idle:
                lines.idle.remove(channel)
            self._pump()

        channel = Channel(lines.server.key, freed, lost)
        lines.opened.add(channel)
        try:
            await asyncio.get_running_loop().create_connection(lambda: channel, "127.0.0.1", lines.server.port)
            if channel.closed:
                raise ConnectionError("it hung up at once")
        except OSError as error:
            log.info("served entity %s: no connection to its model server: %s", self._name, error)
            lines.opened.discard(channel)
            # It is dying: its supervisor sees that in a moment, and starts another.
            await asyncio.sleep(_RECONNECT_SECONDS)
        else:
            lines.idle.append(channel)

    def _wake(self, action: Callable[[], None]) -> None:
        # Without a loop nobody has asked yet; a closed one belongs to a workspace that has stopped.
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(action)
