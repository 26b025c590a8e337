"""Work on several tables at the same time: Spark plans one query in a thread of its own, and mostly waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
MOST = 4


def at_once(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """What `work` returns of each item, in their order; at most four are worked on at a time.

    Raises what `work` raises of the first item of which it does, when all others have ended: nothing goes on unseen.
    """
    with ThreadPoolExecutor(MOST) as threads:
        return list(threads.map(work, items))
