"""Turns a `YearReport` into one HTML page."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rehearsal.play import pages
from rehearsal.play.year.model import YearReport
from rehearsal.play.year.page.charts import drift, quality, traffic
from rehearsal.play.year.page.verdict import verdict, wrong

_TEMPLATE = Path(__file__).parent / "year.html.j2"


def render(report: YearReport) -> str:
    """The report as HTML."""
    return pages.draw(
        _TEMPLATE,
        report=report,
        verdict=verdict(report),
        wrong=wrong(report),
        quality=quality.draw(report),
        heat=drift.draw(report.drift),
        traffic=traffic.draw(report),
        others=_other_metrics(report),
        some=drift.SOME,
        much=drift.MUCH,
    )


def write(report: YearReport, path: Path) -> Path:
    """Write the report as a whole; beside it, as JSON, what it was drawn from."""
    figures = json.dumps(asdict(report), default=str, indent=1)
    pages.write(figures, path.with_suffix(".json"))
    return pages.write(render(report), path)


def _other_metrics(report: YearReport) -> list[str]:
    """All metrics but the deciding one, in the order in which they appear."""
    names = (name for month in report.months for of in (month.retrained, month.first) for name in of.metrics)
    return [name for name in dict.fromkeys(names) if name != report.metric]
