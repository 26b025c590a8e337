"""Three months of the year with all faults, by its make target: what was reported, and what prod's tables say of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play.people import DATA_SCIENTIST
from rehearsal.play.year import feed, plan
from rehearsal.play.year.plan import Fault
from tests.rehearsal.checkout import Checkout, lived

PROD, MODEL = load_environment("prod"), load_model("flight_delay")
MONTHS = plan.months(plan.SHORT)
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with lived(tmp_path_factory.mktemp("year") / "understudy", "SHORT=1") as made:
        yield made


@pytest.fixture(scope="module")
def report(checkout: Checkout) -> dict[str, Any]:
    """The figures of the report."""
    figures: dict[str, Any] = json.loads((checkout.local.home / "report.json").read_text())
    return figures


def test_the_year_passes(checkout: Checkout, report: dict[str, Any]) -> None:
    assert checkout.status == 0, checkout.output[-3000:]
    assert [month["label"] for month in report["months"]] == [month.label for month in MONTHS]
    assert "Retraining" in checkout.report and "2013-05" in checkout.report


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_a_fault_ends_well(report: dict[str, Any], fault: Fault) -> None:
    (found,) = [one for one in report["faults"] if one["what"] == fault.value]
    assert found["ok"], found


def test_every_count_reconciles(report: dict[str, Any]) -> None:
    assert len(report["counts"]) >= 4 * len(MODEL.sources.tables) + 4
    assert {count["what"]: count["found"] for count in report["counts"]} == {
        count["what"]: count["expected"] for count in report["counts"]
    }
    assert all(count["found"] > 0 for count in report["counts"] if "corrupt" not in count["what"])


def test_the_table_of_flights_has_each_flight_that_was_sent_soundly_once(checkout: Checkout) -> None:
    rows, late = sum(file.rows for file in feed.history(plan.HISTORY) if file.path.startswith("flights/")), []
    for month in MONTHS:
        arriving, late = feed.delivered(month, late)
        mine = [file for file in arriving if file.path.startswith("flights/")]
        rows += sum(file.rows - file.bad_rows - file.repeated_rows for file in mine)
    table = checkout.spark(DATA_SCIENTIST, "dev").table(names.source_table(PROD, MODEL, "flights"))
    assert table.count() == table.select("flight_id").distinct().count() == rows


def test_alerts_caused_trainings_whose_versions_say_so(report: dict[str, Any]) -> None:
    caused = [alert for alert in report["alerts"] if "a training, which" in alert["consequence"]]
    assert caused, report["alerts"]
    why = [version["why"] for version in report["versions"]]
    assert any(caused[0]["alert"] in reason for reason in why), why


def test_every_month_is_measured_with_and_without_retraining(report: dict[str, Any]) -> None:
    first = report["months"][0]
    assert first["champion"] == "1" and first["retrained"] == first["first"]
    for month in report["months"]:
        assert month["rows"] > 25_000
        assert 0.55 < month["first"]["metrics"][report["metric"]] < 0.9
        assert 0.55 < month["retrained"]["metrics"][report["metric"]] < 0.9
    drifted = {(one["month"], one["feature"]) for one in report["drift"]}
    assert len(drifted) == len(report["drift"]) >= len(MONTHS) * 10
