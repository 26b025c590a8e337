"""Whose request MLflow's own code is serving: its handlers know of no principal and of one tracking store only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rehearsal.workspace.context import Call

_CALL: ContextVar[Call] = ContextVar("mlflow_call")


@contextmanager
def serving(call: Call) -> Iterator[None]:
    """Let `current()` answer `call` inside the block (this thread only)."""
    token = _CALL.set(call)
    try:
        yield
    finally:
        _CALL.reset(token)


def current() -> Call:
    """The request being served."""
    return _CALL.get()
