"""Main of a task's process: runs the entry point of the job's wheel, or a script, as Databricks does.

Started with the wheel's folder and this one in front of the path; reports an error as `runs/get-output` shows it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import re
import runpy
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

_CHECKOUT = Path(__file__).parents[2]


def main() -> None:
    """Run the task; leaves with its exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", required=True)
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds from real time to the workspace's")
    parser.add_argument("--script")
    for name in ("--package", "--entry-point"):
        parser.add_argument(name)
    parser.add_argument("--folder", action="append", default=[])
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    _see_only_the_wheel()
    if options.ahead:
        import time_machine  # most tasks live in real time, and start without it

        time_machine.travel(datetime.now(UTC) + timedelta(seconds=options.ahead)).start()
    sys.argv = [options.script or options.package, *options.arguments]
    try:
        returned = _run(options)
    except SystemExit as end:
        if end.code not in (None, 0):
            text = f"SystemExit: {end}" if str(end) == str(end.code) and isinstance(end.code, int) else str(end)
            _report(options.report, text, traceback.format_exc())
        raise
    except BaseException as error:
        # The launcher's own frames are none of the task's business.
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename in (__file__, "<frozen runpy>"):
            frames = frames.tb_next
        trace = "".join(traceback.format_exception(type(error), error, frames))
        sys.stderr.write(trace)
        _report(options.report, "".join(traceback.format_exception_only(error)).strip(), trace)
        sys.exit(1)
    # As the script that pip makes of an entry point: sys.exit(main()).
    if returned not in (None, 0):
        _report(options.report, f"The entry point returned {returned!r}.", "")
    sys.exit(returned)


def _run(options: argparse.Namespace) -> Any:
    if options.script:
        runpy.run_path(options.script, run_name="__main__")
        return None
    return find(options.package, options.entry_point, options.folder)()


def find(package: str, entry_point: str, folders: list[str]) -> Callable[[], Any]:
    """The entry point of the package among the wheels; else the package's function of that name.

    Raises LookupError saying what there is.
    """
    found = {_normal(item.name): item for item in metadata.distributions(path=folders)}
    distribution = found.get(_normal(package))
    if distribution is None:
        raise LookupError(f"The task's libraries hold no package '{package}'; they hold: {sorted(found) or 'nothing'}.")
    points = {point.name: point for point in distribution.entry_points}
    if entry_point in points:
        loaded: Callable[[], Any] = points[entry_point].load()
        return loaded
    try:
        function: Callable[[], Any] = getattr(importlib.import_module(package.replace("-", "_")), entry_point)
    except (ImportError, AttributeError):
        raise LookupError(
            f"Package '{package}' has no entry point '{entry_point}', nor a function of that name; "
            f"its entry points are: {sorted(points) or 'none'}."
        ) from None
    return function


def _see_only_the_wheel() -> None:
    """Take this project's own folder off the path, and let `databricks.*` of the runtime be seen.

    A task runs what Terraform uploaded. What was imported before the fork comes from elsewhere and stays.
    """
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != _CHECKOUT]
    if "databricks" in sys.modules:
        package = sys.modules["databricks"]
        package.__path__ = pkgutil.extend_path(list(package.__path__), "databricks")
    importlib.invalidate_caches()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _report(path: str, error: str, trace: str) -> None:
    Path(path).write_text(json.dumps({"error": error, "error_trace": trace}))


if __name__ == "__main__":
    main()
