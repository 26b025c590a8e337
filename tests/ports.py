"""Ports for the workspaces that tests start: apart from those of tests that run beside them in other processes."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from itertools import chain

from rehearsal.workspace.context import Ports

# Below those that the system gives to connections: else one is taken while a workspace that was killed is dead.
_LOWEST, _WORKERS, _EACH = 20_000, 4, 3_000


def _bases() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    ours = range(_LOWEST + worker * _EACH, _LOWEST + (worker + 1) * _EACH, Ports.COUNT)
    first = os.getpid() % len(ours)  # where another run on this machine most likely does not begin
    while True:
        yield from chain(ours[first:], ours[:first])


_next = _bases()


def free_port_base() -> int:
    """The first of `Ports.COUNT` consecutive free ports, others at every call. Raises AssertionError when none are."""
    for _ in range(_EACH // Ports.COUNT + 1):
        base = next(_next)
        if all(_is_free(port) for port in range(base, base + Ports.COUNT)):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection that has just ended does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
