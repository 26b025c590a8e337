"""Landed files: headers, types, nulls, duplicates and samples."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.files import DirectoryEntry, DownloadResponse
from pyspark.sql import SparkSession

from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.ingestion.conform import conform, newest_per_key, rows_by_file
from pipelines.ingestion.files import FILE, MODIFIED, read_files
from pipelines.ingestion.landed import by_header, csv_files
from pipelines.ingestion.ledger import digest
from pipelines.models.flight_delay import RAW_COLUMNS, bronze
from pipelines.sampling import thin

HEADER = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
    "origin,dest,air_time,distance,hour,minute,time_hour"
)
FLOWN = "2013,1,1,517.0,515,2.0,830.0,819,11.0,UA,1545,N14228,EWR,IAH,227.0,1400,5,15,2013-01-01T10:00:00Z"
CANCELLED = "2013,1,1,NA,1630,NA,NA,1815,NA,EV,4308,NA,EWR,RDU,NA,416,16,30,2013-01-01T21:00:00Z"


class Volume:
    """Local folders, listed and read as databricks-sdk does with volumes."""

    @property
    def files(self) -> Volume:
        return self

    def list_directory_contents(self, folder: str) -> Iterator[DirectoryEntry]:
        if not Path(folder).is_dir():
            raise NotFound(f"The directory being accessed is not found: {folder}")
        for path in Path(folder).iterdir():
            size, changed = path.stat().st_size, int(path.stat().st_mtime * 1000)
            yield DirectoryEntry(name=path.name, file_size=size, last_modified=changed, is_directory=path.is_dir())

    def download(self, path: str) -> DownloadResponse:
        return DownloadResponse(contents=Path(path).open("rb"))


VOLUME = cast(WorkspaceClient, Volume())


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n")


def rows_of(spark: SparkSession, folder: Path, model: Model) -> list[dict[str, object]]:
    contract, columns = model.sources.tables["flights"], RAW_COLUMNS["flights"]
    raw = read_files(spark, by_header(VOLUME, csv_files(VOLUME, str(folder)), columns), columns)
    mapped = bronze("flights", raw).select(*contract.columns, FILE, MODIFIED)
    counts = rows_by_file(mapped, contract, str(folder))
    assert counts == {path.name: len(path.read_text().splitlines()) - 1 for path in folder.iterdir()}
    return [row.asDict() for row in newest_per_key(conform(mapped, contract), contract.primary_key).collect()]


def test_rows_have_the_contracts_types_and_nulls(spark: SparkSession, tmp_path: Path, model: Model) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN, CANCELLED)
    flown, cancelled = sorted(rows_of(spark, tmp_path, model), key=lambda row: str(row["carrier"]), reverse=True)
    assert flown["flight_id"] == "UA-1545-EWR-20130101T1015"
    assert (flown["flight"], flown["arr_delay"], flown["sched_dep_time"]) == (1545, 11.0, 515)
    assert (cancelled["tailnum"], cancelled["arr_delay"]) == (None, None)


@pytest.mark.parametrize("later", ["b.csv", "0.csv"])
def test_the_file_changed_last_corrects_earlier_ones_whatever_its_name_and_column_order(
    spark: SparkSession, tmp_path: Path, model: Model, later: str
) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN)
    header, values = HEADER.split(","), FLOWN.replace(",11.0,", ",95.0,").split(",")
    write(tmp_path, later, ",".join(reversed(header)), ",".join(reversed(values)))
    os.utime(tmp_path / "a.csv", (1_000_000, 1_000_000))
    (row,) = rows_of(spark, tmp_path, model)
    assert row["arr_delay"] == 95.0


def test_a_missing_column_names_file_column_found_and_expected(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN)
    write(tmp_path, "b.csv", HEADER.replace("arr_delay", "arrival"), FLOWN)
    with pytest.raises(PipelineError) as raised:
        by_header(VOLUME, csv_files(VOLUME, str(tmp_path)), RAW_COLUMNS["flights"])
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
def test_a_bad_value_names_file_column_and_value(
    spark: SparkSession, tmp_path: Path, model: Model, old: str, new: str, message: str
) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN.replace(old, new))
    with pytest.raises(PipelineError) as raised:
        rows_of(spark, tmp_path, model)
    assert "a.csv" in str(raised.value)
    assert message in str(raised.value)


def test_a_header_is_read_as_spark_reads_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('\ufeff"a","b, c",d\r\n1,2,3\r\n'.encode())
    assert list(by_header(VOLUME, csv_files(VOLUME, str(tmp_path)), ["a"])) == [("a", "b, c", "d")]


@pytest.mark.parametrize(("folder", "found"), [(".", "no CSV file"), ("nowhere", "an error when listing it")])
def test_a_folder_without_files_is_an_error(tmp_path: Path, folder: str, found: str) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(PipelineError, match=found):
        csv_files(VOLUME, str(tmp_path / folder))


def test_what_the_ledger_compares(model: Model) -> None:
    contract = model.sources.tables["flights"]
    commented = contract.model_copy(update={"comment": "another"})
    shorter = contract.model_copy(update={"columns": dict(list(contract.columns.items())[:-1])})
    assert digest(contract, 1.0) == digest(commented, 1.0)
    assert len({digest(contract, 1.0), digest(contract, 0.5), digest(shorter, 1.0)}) == 3


def test_thinning_takes_the_same_share_of_keys_each_time_and_another_for_another_purpose(spark: SparkSession) -> None:
    keys = spark.range(5000).selectExpr("cast(id as string) AS k")
    once = thin(keys, ["k"], 0.2, "a")
    assert {row.k for row in once.collect()} == {row.k for row in thin(keys.orderBy("k"), ["k"], 0.2, "a").collect()}
    assert 850 < once.count() < 1150
    assert 0.4 < thin(once, ["k"], 0.5, "b").count() / once.count() < 0.6
    assert thin(keys, ["k"], 1.0, "a").count() == 5000
