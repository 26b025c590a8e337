"""Finds again the process whose id a file remembers, for those who start one that outlives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil


def find(file: Path, is_ours: Callable[[psutil.Process], bool]) -> psutil.Process | None:
    """The process whose id is the file's first line, while it runs.

    Args:
        is_ours: says it of a process by its command line; the system gives ids again.
    """
    try:
        process = psutil.Process(int(file.read_text().splitlines()[0]))
        return process if process.status() != psutil.STATUS_ZOMBIE and is_ours(process) else None
    except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None
