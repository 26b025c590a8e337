"""Landed files: headers, types, nulls, duplicates and samples."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession

from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.ingestion import files
from pipelines.ingestion.conform import conform, first_violation, newest_per_key, thin
from pipelines.models.flight_delay import RAW_COLUMNS, bronze

HEADER = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
    "origin,dest,air_time,distance,hour,minute,time_hour"
)
FLOWN = "2013,1,1,517.0,515,2.0,830.0,819,11.0,UA,1545,N14228,EWR,IAH,227.0,1400,5,15,2013-01-01T10:00:00Z"
CANCELLED = "2013,1,1,NA,1630,NA,NA,1815,NA,EV,4308,NA,EWR,RDU,NA,416,16,30,2013-01-01T21:00:00Z"


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists local folders, as dbutils lists volumes."""
    monkeypatch.setattr(files, "csv_files", lambda folder: sorted(map(str, Path(folder).glob("*.csv"))))


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n")


def rows_of(spark: SparkSession, folder: Path, model: Model) -> list[dict[str, object]]:
    contract = model.sources.tables["flights"]
    raw = files.read_files(spark, str(folder), RAW_COLUMNS["flights"])
    mapped = bronze("flights", raw).select(*contract.columns, files.FILE)
    problem = first_violation(mapped, contract, str(folder))
    if problem:
        raise problem
    return [row.asDict() for row in newest_per_key(conform(mapped, contract), contract.primary_key).collect()]


@pytest.mark.usefixtures("listed")
def test_rows_have_the_contracts_types_and_nulls(spark: SparkSession, tmp_path: Path, model: Model) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN, CANCELLED)
    flown, cancelled = sorted(rows_of(spark, tmp_path, model), key=lambda row: str(row["carrier"]), reverse=True)
    assert flown["flight_id"] == "UA-1545-EWR-20130101T1015"
    assert (flown["flight"], flown["arr_delay"], flown["sched_dep_time"]) == (1545, 11.0, 515)
    assert (cancelled["tailnum"], cancelled["arr_delay"]) == (None, None)


@pytest.mark.usefixtures("listed")
def test_a_later_file_corrects_an_earlier_one_whatever_its_column_order(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN)
    header, values = HEADER.split(","), FLOWN.replace(",11.0,", ",95.0,").split(",")
    write(tmp_path, "b.csv", ",".join(reversed(header)), ",".join(reversed(values)))
    (row,) = rows_of(spark, tmp_path, model)
    assert row["arr_delay"] == 95.0


@pytest.mark.usefixtures("listed")
def test_a_missing_column_names_file_column_found_and_expected(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN)
    write(tmp_path, "b.csv", HEADER.replace("arr_delay", "arrival"), FLOWN)
    with pytest.raises(PipelineError) as raised:
        files.read_files(spark, str(tmp_path), RAW_COLUMNS["flights"])
    assert "b.csv, column arr_delay" in raised.value.where
    assert "arrival" in raised.value.found
    assert "arr_delay" in raised.value.expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",1400,", ",far,", "column distance (1 rows): found 'far', expected a value of type double"),
        (",EWR,", ",NA,", "column flight_id (1 rows): found nothing, expected a value of type string, never null"),
        (",1545,", ",15.5,", "column flight (1 rows): found '15.5', expected a value of type int, never null"),
    ],
)
@pytest.mark.usefixtures("listed")
def test_a_bad_value_names_file_column_and_value(
    spark: SparkSession, tmp_path: Path, model: Model, old: str, new: str, message: str
) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN.replace(old, new))
    with pytest.raises(PipelineError) as raised:
        rows_of(spark, tmp_path, model)
    assert "a.csv" in str(raised.value)
    assert message in str(raised.value)


def test_a_folder_without_files_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import databricks.sdk

    here = SimpleNamespace(fs=SimpleNamespace(ls=lambda path: list(Path(path).iterdir())))
    monkeypatch.setitem(__import__("sys").modules, "databricks.sdk.runtime", SimpleNamespace(dbutils=here))
    monkeypatch.setattr(databricks.sdk, "runtime", SimpleNamespace(dbutils=here), raising=False)
    with pytest.raises(PipelineError, match="no CSV file, expected at least one"):
        files.csv_files(str(tmp_path))


def test_thinning_takes_the_same_share_of_keys_each_time(spark: SparkSession) -> None:
    keys = spark.range(5000).selectExpr("cast(id as string) AS k")
    once = {row.k for row in thin(keys, ["k"], 0.2).collect()}
    again = {row.k for row in thin(keys.orderBy("k"), ["k"], 0.2).collect()}
    assert once == again
    assert 850 < len(once) < 1150
    assert thin(keys, ["k"], 1.0).count() == 5000
