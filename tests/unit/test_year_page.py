"""The year's page shows all that it is given, says honestly whether retraining helped, and draws to scale."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rehearsal.play.pages import formats
from rehearsal.play.report.model import Step
from rehearsal.play.year.model import (
    AlertEvent,
    Cost,
    Count,
    Drift,
    Fault,
    Month,
    Quality,
    Traffic,
    Version,
    YearReport,
)
from rehearsal.play.year.page import render, write
from rehearsal.play.year.page.charts import drift, quality, traffic
from rehearsal.play.year.page.verdict import verdict
from tests.unit.html_page import HOSTILE, Page


def at(month: int, day: int = 1) -> datetime:
    return datetime(2013, month, day, 3, 17, tzinfo=UTC)


def month(label: str, retrained: float, first: float, rows: int = 1000) -> Month:
    return Month(label, rows, 0.2, "1", Quality({"roc_auc": retrained}), Quality({"roc_auc": first}))


def year(*months: Month, more_is_better: bool = True) -> YearReport:
    return YearReport(at(1), 1.0, "c", "m", "roc_auc", more_is_better, months=list(months))


def example(text: str = "plain") -> YearReport:
    """A report with every part filled; `text` stands wherever text comes from outside, no number stands twice."""
    return YearReport(
        began=datetime(2026, 11, 27, 9, 0, tzinfo=UTC),
        seconds=7501.0,
        commit="c428f7a06f1d",
        model=text,
        metric="roc_auc",
        more_is_better=True,
        months=[
            Month(
                "2013-04", 28123, 0.2137, "31", Quality({"roc_auc": 0.7301, text: 0.11}), Quality({"roc_auc": 0.7302})
            ),
            Month(text, 27456, 0.2241, text, Quality({"roc_auc": 0.7203, text: 0.12}), Quality({"roc_auc": 0.6804})),
        ],
        drift=[Drift("2013-04", text, 0.0513), Drift("2013-05", text, 0.3127), Drift("2013-05", "distance", 0.1514)],
        versions=[
            Version("31", at(4), text, "PASSED", "PROMOTED", {text: 0.7412}),
            Version("32", at(5, 9), "alert", "FAILED", text),
        ],
        traffic=[Traffic(at(4, 2), {"31": 100}), Traffic(at(5, 10), {"31": 91, text: 9})],
        alerts=[
            AlertEvent(at(5, 8), text, "TRIGGERED", 0.2711, text),
            AlertEvent(at(5, 11), "accuracy", text, None, text),
        ],
        faults=[
            Fault("2013-04", text, text, text, ok=True),
            Fault(text, "killed", "by hand", "two rows lost", ok=False),
        ],
        counts=[Count(text, 18211, 18209), Count("rows", 252704, 252704)],
        costs=[Cost(text, 275, 3, 8412.0, 31.25, "EUR"), Cost("endpoint", 17999, 0, None, 402.5, text)],
        steps=[Step("Live through April", 0, 20.5), Step(text, 20.5, 97.7, ok=False, note=text)],
    )


def leaves(value: Any) -> Iterator[Any]:
    """All values of a report, however deep."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name))
    elif isinstance(value, dict):
        for pair in value.items():
            yield from leaves(pair)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def wordings(value: Any) -> list[str]:
    """How the page may write a value."""
    if isinstance(value, datetime):
        return [formats.moment(value), formats.minute(value)]
    if isinstance(value, float):
        return [formats.number(value), formats.percent(value), formats.duration(value)]
    return [formats.number(value)]


def test_every_value_is_on_the_page() -> None:
    page = Page(render(example()))
    for value in leaves(example()):
        if value is not None and not isinstance(value, bool):
            assert any(words in page.text for words in wordings(value)), value
    for words in ("2 h 05 min", "2 too few", "✗ badly: two rows lost", "version 31: 100 % from 2013-04-02 03:17"):
        assert words in page.text
    assert "did not get this far" not in page.text


def test_sections_stand_in_order_and_charts_say_what_they_show() -> None:
    html = render(example())
    page = Page(html)
    sections = ["quality", "drift", "versions", "traffic", "alerts", "faults", "counts", "costs", "steps"]
    places = [html.index(f'<section id="{name}"') for name in sections]
    assert places == sorted(places)
    assert page.tags.count("svg") == page.tags.count("desc") == 3
    for chart in ("quality", "drift", "traffic"):
        assert {f"{chart}-chart", f"{chart}-words"} <= page.ids
    assert all(address[1:] in page.ids for address in page.addresses)
    assert not {"script", "link", "img"} & set(page.tags)


def test_hostile_text_is_shown_as_text() -> None:
    html = render(example(HOSTILE))
    page = Page(html)
    assert "<script" not in html
    assert page.tags == Page(render(example("plain"))).tags
    assert page.text.count("alert(") >= 20


def test_a_year_that_stopped_early_says_so() -> None:
    page = Page(render(replace(year(), error="No Java found")))
    assert "No Java found" in page.text and "Something went wrong" in page.text
    assert page.text.count("did not get this far") == 9
    assert "svg" not in page.tags


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (
            year(month("2013-04", 0.7, 0.7), month("2013-05", 0.8, 0.7, rows=3000)),
            "Retraining helped: roc_auc was better by 0.075 over 2 months",
        ),
        (
            year(month("2013-04", 0.75, 0.7), more_is_better=False),
            "Retraining did not help: roc_auc was worse by 0.05 over 1 month",
        ),
        (year(month("2013-04", 0.7, 0.7)), "Retraining did not help: roc_auc was the same without it over 1 month"),
        (year(), "Whether retraining helped is not known"),
        (year(month("2013-04", math.nan, 0.7)), "Whether retraining helped is not known"),
    ],
)
def test_the_verdict_is_honest(report: YearReport, headline: str) -> None:
    assert verdict(report).headline == headline
    assert headline in Page(render(report)).text


def test_what_went_wrong_is_named_beside_the_verdict() -> None:
    page = Page(render(example()))
    assert "Steps that failed: plain. Faults that ended badly: killed. Counts that do not agree: plain." in page.text
    assert "ended as it should" in Page(render(year())).text


def test_a_month_that_cannot_be_judged_interrupts_its_line_and_does_not_count() -> None:
    report = year(month("2013-04", 0.6, 0.5), month("2013-05", math.nan, 0.5), month("2013-06", 0.8, 0.5))
    drawn = quality.draw(report)
    assert drawn.retrained.path.count("M") == 2 and drawn.first.path.count("M") == 1
    assert [dot.words for dot in drawn.retrained.dots] == [
        "2013-04, with retraining: 0.6",
        "2013-06, with retraining: 0.8",
    ]
    assert report.gain == pytest.approx(0.2)
    assert drawn.retrained.dots[1].y < drawn.retrained.dots[0].y < drawn.first.dots[0].y  # up is more


def test_names_of_lines_that_end_together_do_not_cover_each_other() -> None:
    drawn = quality.draw(year(month("2013-04", 0.6, 0.6), month("2013-05", 0.7, 0.7001)))
    assert abs(drawn.retrained.label_y - drawn.first.label_y) >= 15


def test_drift_is_in_levels_and_the_most_on_top() -> None:
    drawn = drift.draw([Drift("2013-04", "a", 0.05), Drift("2013-05", "a", 0.1), Drift("2013-05", "b", 0.25)])
    assert [name for _, name in drawn.features] == ["b", "a"]
    assert [(cell.what, cell.level) for cell in drawn.cells] == [
        ("a, 2013-04: 0.05", "little"),
        ("a, 2013-05: 0.1", "some"),
        ("b, 2013-05: 0.25", "much"),
    ]
    assert drawn.rows == {"b": [None, 0.25], "a": [0.05, 0.1]}


def test_traffic_is_stacked_to_the_full_and_lasts_until_the_next_change() -> None:
    report = replace(
        year(month("2013-04", 0.7, 0.7), month("2013-12", 0.7, 0.7)),
        traffic=[
            Traffic(at(4), {"1": 100}),
            Traffic(at(8), {"1": 90, "2": 10}),
            Traffic(at(9), {"2": 100, "1": 0}),
        ],
        versions=[Version("1", at(4), "w", "PASSED", "PROMOTED"), Version("2", at(4, 3), "w", "PASSED", "PROMOTED")],
    )
    drawn = traffic.draw(report)
    assert drawn is not None
    full = drawn.bottom - drawn.top
    alone, older, newer, last = drawn.areas
    assert alone.height == last.height == full and older.height + newer.height == pytest.approx(full)
    assert newer.y == drawn.top and newer.height == pytest.approx(full / 10)
    assert alone.x + alone.width == pytest.approx(older.x) and older.x == newer.x
    assert last.x + last.width == pytest.approx(drawn.right)
    assert drawn.x_ticks[0][1] == "2013-05" and drawn.x_ticks[-1][1] == "2013-12"
    assert [words for _, _, words in drawn.labels] == ["version 1", "version 2"]
    assert [flag.row for flag in drawn.flags] == [0, 1]  # two days apart they would cover each other


def test_write_leaves_one_whole_page_and_its_figures(tmp_path: Path) -> None:
    path = write(example(), tmp_path / "reports" / "year.html")
    assert path.read_text(encoding="utf-8") == render(example())
    assert sorted(found.name for found in path.parent.iterdir()) == ["year.html", "year.json"]
    figures = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert figures["months"][0]["retrained"]["metrics"]["roc_auc"] == 0.7301
