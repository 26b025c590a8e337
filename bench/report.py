"""The numbers as a table, and as a file that later runs can be compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rich.table import Table

from bench.comparison import Comparison
from bench.fit import Fit
from bench.measure import Measurement


def table(measurements: Sequence[Measurement], floor: Measurement) -> Table:
    """One row for each measurement; the last column says how much of it is not the floor."""
    shown = Table(title="seconds", title_justify="left", pad_edge=False)
    for column in ("what", "models", "runs", "min", "median", "max", "CPU", "peak MB", "above the floor"):
        shown.add_column(column, justify="left" if column == "what" else "right")
    for measured in measurements:
        shown.add_row(
            measured.name,
            "" if measured.size is None else str(measured.size),
            str(len(measured.runs)),
            *(f"{seconds:.2f}" for seconds in (measured.fastest, measured.median, measured.slowest)),
            f"{measured.cpu:.2f}",
            f"{max(run.peak_megabytes for run in measured.runs):.0f}",
            "" if measured is floor else f"{measured.median - floor.median:.2f}",
        )
    return shown


def sentence(line: Fit) -> str:
    """The fit in words."""
    steps = ", ".join(f"{step:.3f}" for step in line.steps)
    return (
        f"{line.once:.2f} s once and {line.each:.3f} s for each model (r² {line.r_squared:.4f}; "
        f"from size to size: {steps} s a model)"
    )


def comparisons(compared: Mapping[str, Sequence[Comparison]]) -> Table:
    """All comparisons as one table, by subject."""
    shown = Table(title="compared in one run each", title_justify="left", pad_edge=False)
    for column in ("subject", "what", "unit", "ours", "instead", "theirs", "ratio", "goal", "met"):
        shown.add_column(column, justify="right" if column in ("ours", "theirs", "ratio") else "left")
    for subject, rows in compared.items():
        for row in rows:
            shown.add_row(
                subject,
                row.what,
                row.unit,
                _figure(row.ours),
                row.instead,
                _figure(row.theirs),
                _figure(row.ratio),
                f"{row.goal.kind} {row.goal.bound:g}" if row.goal else "",
                {True: "yes", False: "no", None: ""}[row.met],
            )
    return shown


def _figure(value: float | None) -> str:
    """Three digits that count."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def kept_comparisons(compared: Mapping[str, Sequence[Comparison]]) -> dict[str, object]:
    """The comparisons as the file keeps them."""
    return {
        "comparisons": {
            subject: [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in rows]
            for subject, rows in compared.items()
        }
    }


def kept_measurements(measurements: Sequence[Measurement], lines: Mapping[str, Fit]) -> dict[str, object]:
    """The measurements of growth as the file keeps them."""
    return {
        "measurements": [asdict(measured) for measured in measurements],
        "fits": {name: asdict(line) for name, line in lines.items()},
    }


def write(file: Path, begun: datetime, facts: Mapping[str, str | int | float], numbers: Mapping[str, object]) -> None:
    """Keep the numbers, with the machine that they were measured on, in place of what the file had."""
    document = {"measured_at": begun.isoformat(timespec="seconds"), "machine": dict(facts), **numbers}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
