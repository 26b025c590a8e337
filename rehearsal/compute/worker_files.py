"""Spark's Python workers import the files of their own session alone. Importing this module sees to that.

Run as a program, by its path and with a module and arguments, it is `python -m` for a worker that nobody has forked.

Sessions that share what is compiled (see gateway/artifacts.py) would also share a folder in which, on one machine,
every session's files are: what somebody sent along for his functions, a task's functions could import.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path, PurePath

from pyspark import worker_util

_EVERYBODYS = "userFiles-"  # a session's own is a folder in it
_add_path = worker_util.add_path


def _add_own_path(path: str) -> None:
    if not PurePath(path).name.startswith(_EVERYBODYS):
        _add_path(path)


worker_util.add_path = _add_own_path

if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
