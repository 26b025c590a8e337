"""Running a command several times and keeping what each run cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class BenchError(Exception):
    """A measured command failed; the message says what it said."""


@dataclass(frozen=True)
class Run:
    """One run of a command, with all processes that it started."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    """Of the largest of its processes."""


@dataclass(frozen=True)
class Measurement:
    """Runs of the same thing; `size` is what it grows with, where it does."""

    name: str
    runs: tuple[Run, ...]
    size: int | None = None

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def fastest(self) -> float:
        """The run that was disturbed least."""
        return min(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """Least CPU seconds: they hardly grow when others use the machine, too."""
        return min(run.cpu_seconds for run in self.runs)

    @property
    def slowest(self) -> float:
        """The run that was disturbed most."""
        return max(run.seconds for run in self.runs)


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Run:
    """Run a command to its end. Raises BenchError when it fails."""
    before = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said = process.stdout.read()
    # The way to learn what one child has cost, its own children included.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchError(f"{' '.join(command)} ended with {process.returncode}:\n{said.strip()}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
