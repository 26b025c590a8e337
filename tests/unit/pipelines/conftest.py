"""One local Spark session for all tests of pure functions, and the settings of the first model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from environments.settings import Model, load_model
from rehearsal.compute.gateway.effort import INTERPRETED
from rehearsal.compute.spark_server import QUICK
from rehearsal.packages import FEATURE_ENGINEERING


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.extraJavaOptions", QUICK)  # a third of the processor less
        .config(map=INTERPRETED)  # as the gateway has it for small tables; a fifth less again
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def model() -> Model:
    return load_model("flight_delay")


@pytest.fixture
def feature_engineering(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for databricks-feature-engineering, beside databricks-sdk in the one namespace `databricks`."""
    import databricks

    monkeypatch.syspath_prepend(str(FEATURE_ENGINEERING))
    monkeypatch.setattr(databricks, "__path__", [str(FEATURE_ENGINEERING / "databricks"), *databricks.__path__])
    monkeypatch.delitem(sys.modules, "databricks.feature_engineering", raising=False)
