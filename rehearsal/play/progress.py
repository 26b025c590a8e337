"""Live progress on the terminal: a line per step with its duration, and what it is doing meanwhile.

Steps may run at the same time, each in a thread of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from rehearsal.play.report.model import Step


class Progress:
    """Prints steps as they go and remembers them for the report."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self.steps: list[Step] = []
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._running: list[StepNotes] = []
        self._status = self.console.status("")

    @property
    def seconds(self) -> float:
        """Seconds since the rehearsal began."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, name: str) -> Iterator[StepNotes]:
        """Time a step; a step that raises is remembered as failed and the error goes on."""
        started = self.seconds
        notes = StepNotes(self, name)
        self._show(began=notes)
        try:
            yield notes
        except BaseException as error:
            notes.outcome = notes.outcome or str(error).splitlines()[0] if str(error) else type(error).__name__
            notes.ok = False
            raise
        finally:
            seconds = self.seconds - started
            self.steps.append(Step(name, started, seconds, notes.ok, notes.outcome))
            self._show(ended=notes)
            mark = "[green]✓[/]" if notes.ok else "[red]✗[/]"
            self.console.print(f"{mark} {seconds:6.1f} s  {name}  [dim]{escape(notes.outcome)}[/]", soft_wrap=True)

    def alone(self) -> bool:
        """Does no more than one step run."""
        return len(self._running) < 2

    def _show(self, began: StepNotes | None = None, ended: StepNotes | None = None) -> None:
        """Say in the status line what runs now: a terminal has but one such line."""
        with self._lock:
            if began:
                self._running.append(began)
            if ended:
                self._running.remove(ended)
            self._status.update(escape("; ".join(notes.now for notes in self._running)))
            if self._running:
                self._status.start()
            else:
                self._status.stop()


class StepNotes:
    """What a running step says of itself."""

    def __init__(self, progress: Progress, name: str) -> None:
        self.ok = True
        self.outcome = ""
        self.now = name
        self._name = name
        self._progress = progress

    def doing(self, text: str) -> None:
        """Show what happens right now; gone when the next thing happens."""
        self.now = f"{self._name}: {text}"
        self._progress._show()

    def said(self, text: str) -> None:
        """Print a line that stays; it names its step while others run, too."""
        line = text if self._progress.alone() else f"{self._name}: {text}"
        self._progress.console.print(f"             · {line}", markup=False, soft_wrap=True)
