"""`python -m bench`: measure, print, keep."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from bench import machine, report, synthesis
from bench.fit import fit

KEPT = Path(".understudy/bench")
LOG_WIDTH = 120


def main() -> None:
    """Run all benches."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    facts = machine.facts(synthesis.ROOT)
    with console.status("") as status:
        measurements = synthesis.measure(options.repetitions, status.update)
    # The run that the machine's other work disturbed least.
    lines = {"fastest": fit(measurements, lambda m: m.fastest), "CPU": fit(measurements, lambda m: m.cpu)}
    console.print(", ".join(f"{name} {value}" for name, value in facts.items()), soft_wrap=True)
    console.print(report.table(measurements, measurements[0]))
    for name, line in lines.items():
        console.print(f"{name}: {report.sentence(line)}")
    console.print(f"kept in {report.write(KEPT, facts, measurements, lines)}")


if __name__ == "__main__":
    main()
