"""Live progress on the terminal: a line per step with its duration, and what it is doing meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from rehearsal.play.report.model import Step


class Progress:
    """Prints steps as they go and remembers them for the report."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self.steps: list[Step] = []
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the rehearsal began."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, name: str) -> Iterator[StepNotes]:
        """Time a step; a step that raises is remembered as failed and the error goes on."""
        started = self.seconds
        with self.console.status(name) as status:
            notes = StepNotes(name, status, self.console)
            try:
                yield notes
            except BaseException as error:
                notes.outcome = notes.outcome or str(error).splitlines()[0] if str(error) else type(error).__name__
                notes.ok = False
                raise
            finally:
                seconds = self.seconds - started
                self.steps.append(Step(name, started, seconds, notes.ok, notes.outcome))
                mark = "[green]✓[/]" if notes.ok else "[red]✗[/]"
                self.console.print(f"{mark} {seconds:6.1f} s  {name}  [dim]{escape(notes.outcome)}[/]", soft_wrap=True)


class StepNotes:
    """What a running step says of itself."""

    def __init__(self, name: str, status: Status, console: Console) -> None:
        self.ok = True
        self.outcome = ""
        self._name = name
        self._status = status
        self._console = console

    def doing(self, text: str) -> None:
        """Show what happens right now; gone when the next thing happens."""
        self._status.update(escape(f"{self._name}: {text}"))

    def said(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(f"             · {text}", markup=False, soft_wrap=True)
