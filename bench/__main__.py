"""`python -m bench [SUBJECT …]`: measure, print, keep."""

from __future__ import annotations

import argparse
import importlib
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench import machine, report, synthesis
from bench.comparison import Comparison
from bench.fit import fit

KEPT = Path(".understudy/bench")
LOG_WIDTH = 150
SYNTHESIS = "synthesis"
# Each is a module of this package with `compare(progress) -> list[Comparison]`; imported when it is measured, as some
# need packages of their own.
COMPARISONS: tuple[str, ...] = (
    "rest",
    "task_start",
    "serving",
    "lookups",
    "gateway",
    "monitors",
    "batch_scoring",
    "streaming",
)


def main() -> None:
    """Run the benches that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join((SYNTHESIS, *COMPARISONS))}")
    parser.add_argument("--repetitions", type=int, default=3, help="runs of each size of the synthesis")
    options = parser.parse_args()
    known = (SYNTHESIS, *COMPARISONS)
    subjects = options.subjects or known
    if strangers := [subject for subject in subjects if subject not in known]:
        parser.error(f"found {', '.join(strangers)}; expected some of {', '.join(known)}")
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    begun, facts = datetime.now(UTC), machine.facts(synthesis.ROOT)
    file = KEPT / f"{begun:%Y%m%dT%H%M%SZ}.json"
    console.print(", ".join(f"{name} {value}" for name, value in facts.items()), soft_wrap=True)
    kept: dict[str, object] = {}

    def keep(numbers: dict[str, object]) -> None:
        # All take an hour: what has been measured outlives a later one's failure.
        kept.update(numbers)
        report.write(file, begun, facts, kept)

    if SYNTHESIS in subjects:
        keep(_synthesis(console, options.repetitions))
    compared: dict[str, list[Comparison]] = {}
    try:
        for subject in (name for name in COMPARISONS if name in subjects):
            with console.status("") as status:
                compared[subject] = importlib.import_module(f"bench.{subject}").compare(status.update)
            keep(report.kept_comparisons(compared))
    finally:
        if compared:
            console.print(report.comparisons(compared))
        console.print(f"kept in {file}")


def _synthesis(console: Console, repetitions: int) -> dict[str, object]:
    with console.status("") as status:
        measurements = synthesis.measure(repetitions, status.update)
    # The run that the machine's other work disturbed least.
    lines = {"fastest": fit(measurements, lambda m: m.fastest), "CPU": fit(measurements, lambda m: m.cpu)}
    console.print(report.table(measurements, measurements[0]))
    for name, line in lines.items():
        console.print(f"{name}: {report.sentence(line)}")
    return report.kept_measurements(measurements, lines)


if __name__ == "__main__":
    main()
