"""Things that happen at the same time: each in a thread that Ctrl-C does not wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence


def together(actions: Sequence[Callable[[], None]]) -> None:
    """Perform all of them and return when each has ended; the first one's error is raised then."""
    errors: list[BaseException] = []

    def perform(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=perform, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
