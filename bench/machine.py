"""What a number was measured on; without it the number says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import psutil


def facts(root: Path) -> dict[str, str | int | float]:
    """Processor, memory, versions, the code's commit, how busy the machine was just before, and how fast a core is."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gigabytes": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "node": _said(["node", "--version"]),
        "cdktf": version("cdktf"),
        "commit": _said(["git", "-C", str(root), "describe", "--always", "--dirty"]),
        "load_before": round(os.getloadavg()[0], 2),
        "core_seconds": _core_seconds(),
    }


def _core_seconds() -> float:
    """Seconds that a core takes for ten million steps of plain Python: names of processors do not tell their speed."""
    begun, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number * number
    return round(time.process_time() - begun, 2)


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.processor() or platform.machine())


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
