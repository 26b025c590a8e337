"""The features that new-model writes, on Spark: known only after the truth is, and none that lies ahead."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

import pipelines.models
from cli.new_model import skeleton
from cli.new_model.answers import Answers, Split
from cli.new_model.sample import Sample
from pipelines.models import ModelCode, load_code

ANSWERS = Answers("purchase", "regression", "at", ["visit"], "shop", "spent", "", ["weekday"], "sales")
VISITS = {"visit": ["1", "2", "3"], "at": ["2024-01-01"] * 3, "shop": ["a"] * 3, "weekday": ["1"] * 3}


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCode:
    """The package of a new model."""
    sample = Sample(tmp_path / "visits.csv", pd.DataFrame({**VISITS, "spent": ["1", "2", "3.5"]}))
    for path, text in skeleton.files(ANSWERS, sample, Split(1, 1)).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    folder = str(tmp_path / "pipelines" / "models")
    monkeypatch.setattr(pipelines.models, "__path__", [*pipelines.models.__path__, folder])
    return load_code(ANSWERS.name)


def test_history_is_of_the_days_before_and_ends_the_day_after_the_newest_truth(
    spark: SparkSession, code: ModelCode
) -> None:
    def history(*visits: tuple[str, datetime, float | None]) -> dict[datetime, float | None]:
        table = spark.createDataFrame(visits, "shop string, at timestamp, spent double")
        rows = code.FEATURES["shop_history"](lambda _: table).where("shop = 'a'").collect()
        return {row.available_at: row.mean_spent_28_days for row in rows}

    first, planned = ("a", datetime(2024, 1, 1, 12), 10.0), ("a", datetime(2024, 1, 9), None)
    second = ("a", datetime(2024, 1, 2, 12), 30.0)
    assert history(first, second, planned) == {datetime(2024, 1, 2): 10.0, datetime(2024, 1, 3): 20.0}
    found = history(first, second, ("b", datetime(2024, 3, 1), 1.0))  # shop a is visited no more
    assert found[datetime(2024, 1, 29)] == 20.0 and found[datetime(2024, 1, 30)] == 30.0
    assert found[max(found)] is None and max(found) == datetime(2024, 1, 31)
