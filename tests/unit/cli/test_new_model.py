"""new-model writes a model that passes all checks of settings, or, for bad input, nothing, and says why in a line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.__main__ import cli
from environments.consistency import load_all
from environments.settings import load_model

OPTIONS = {
    "--problem": "binary",
    "--time": "at",
    "--key": "visit",
    "--by": "shop",
    "--label": "bought",
    "--known": "weekday",
    "--owner": "sales",
}


def new_model(name: str, data: Path, options: dict[str, str], answers: str = "") -> Result:
    given = [word for option in options.items() for word in option]
    return CliRunner().invoke(cli, ["new-model", name, "--data", str(data), *given], input=answers)


def files(root: Path) -> set[Path]:
    return {file for file in root.rglob("*") if file.is_file()}


@pytest.mark.parametrize("changes", [{}, {"--problem": "regression", "--label": "spent"}], ids=["binary", "regression"])
def test_what_is_written_passes_the_checks_of_settings(checkout: Path, visits: Path, changes: dict[str, str]) -> None:
    done = new_model("purchase", visits, OPTIONS | changes)
    assert done.exit_code == 0, done.output
    assert "purchase" in {model.name for model in load_all(checkout / "environments").models}
    for path in done.output.partition("\n\n")[0].splitlines():
        assert (checkout / path).is_file(), path
        if path.endswith(".py"):
            compile((checkout / path).read_text(), path, "exec")
    sample = pd.read_csv(checkout / "rehearsal" / "play" / "world" / "samples" / "purchase" / "visits.csv")
    assert len(sample) == 1000 and sample["at"].is_monotonic_increasing


def test_what_is_not_said_is_asked_and_asked_again(checkout: Path, visits: Path) -> None:
    answers = "binary\nwhen\nat\nvisit\nshop\nbought\nshop, weekday\n\n"
    done = new_model("purchase", visits, {}, answers)
    assert done.exit_code == 0, done.output
    assert "found 'when'; expected one of visit, at, shop" in done.output
    model = load_model("purchase", checkout / "environments")
    assert (model.request_features, model.categorical) == (["shop", "weekday"], ["shop"])
    assert model.tags["owner"] == "data-science"


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("Purchase", {}, "the model's name: found 'Purchase'; expected 1 to 63 lower-case letters"),
        ("flight_delay", {}, "expected a new one, not bike_demand, flight_delay"),
        ("purchase", {"--label": "sold"}, "label: found 'sold'; expected a column of the file: visit, at, shop"),
        ("purchase", {"--key": "shop"}, "key shop: found a again; expected columns that together tell rows apart"),
        ("purchase", {"--time": "weekday"}, "weekday: found"),
        ("purchase", {"--known": "bought"}, "known: found 'bought'; expected columns that are known"),
        ("purchase", {"--label": "weekday", "--known": "shop"}, "weekday: found 7 different values; expected two"),
        ("purchase", {"--positive": "yes"}, "positive: found 'yes'; expected '0' or '1', as bought says"),
        ("purchase", {"--owner": "a<b"}, "key tags.owner: found 'a<b'; expected 1 to 255 characters"),
    ],
)  # fmt: skip
def test_of_bad_answers_nothing_is_left(
    checkout: Path, visits: Path, name: str, changes: dict[str, str], said: str
) -> None:
    before = files(checkout)
    done = new_model(name, visits, OPTIONS | changes)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output
    assert files(checkout) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a CSV file with a header"),
        ("visit,At,shop\n1,2,3\n", "key At: found 'At'; expected a header of different names"),
        ("visit,at,shop\n1,2024-01-01,a\n", "found 1 rows; expected 600 at least"),
        ("visit,at\n" + "1,2\n" * 700 + "1,2,3\n", "line 702: found 3 fields; expected 2, as the header has"),
    ],
)
def test_of_bad_data_nothing_is_left(checkout: Path, visits: Path, text: str, said: str) -> None:
    before = files(checkout)
    visits.write_text(text)
    done = new_model("purchase", visits, OPTIONS)
    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert files(checkout) == before


def test_what_was_moved_goes_when_something_is_in_the_way(checkout: Path, visits: Path) -> None:
    (checkout / "rehearsal").write_text("no folder")
    before = files(checkout)
    done = new_model("purchase", visits, OPTIONS)
    assert done.exit_code != 0
    assert files(checkout) == before
    assert not (checkout / "pipelines" / "models" / "purchase").exists()
