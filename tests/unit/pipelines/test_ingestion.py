"""Landed files: headers, contracts of rows, the quarantine, duplicates and samples."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.files import DirectoryEntry, DownloadResponse
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from environments.settings import Model
from pipelines.errors import PipelineError
from pipelines.ingestion.conform import conform, newest_per_key
from pipelines.ingestion.files import FILE, MALFORMED, MODIFIED, ROW, read_files, true_name
from pipelines.ingestion.landed import Landed, by_header, csv_files, new_columns
from pipelines.ingestion.ledger import Entry, digest, to_read
from pipelines.ingestion.quarantine import bad_rows
from pipelines.ingestion.tally import Tally, refuse_bad_files, tallies
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


def landed(spark: SparkSession, folder: Path, model: Model) -> tuple[DataFrame, dict[str, Tally]]:
    """The folder's files, held against the contract of flights, and what became of their rows."""
    contract, columns = model.sources.tables["flights"], RAW_COLUMNS["flights"]
    raw = read_files(spark, by_header(VOLUME, csv_files(VOLUME, str(folder)), columns), columns)
    conformed = conform(bronze("flights", raw).select(*contract.columns, FILE, MODIFIED, ROW, MALFORMED), contract)
    found = tallies(conformed, contract, 1.0, "")
    for name, tally in found.items():
        assert tally.landed == len((folder / name).read_text().splitlines()) - 1
        assert tally.landed == tally.ingested + tally.quarantined + tally.sampled_away + tally.repeated
    return conformed, found


def rows_of(spark: SparkSession, folder: Path, model: Model) -> list[dict[str, object]]:
    conformed, found = landed(spark, folder, model)
    rows = newest_per_key(conformed, model.sources.tables["flights"]).collect()
    assert len(rows) == sum(tally.ingested for tally in found.values())
    return [row.asDict() for row in rows]


def test_rows_have_the_contracts_types_and_nulls(spark: SparkSession, tmp_path: Path, model: Model) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN, CANCELLED)
    flown, cancelled = sorted(rows_of(spark, tmp_path, model), key=lambda row: str(row["carrier"]), reverse=True)
    assert flown["flight_id"] == "UA-1545-EWR-20130101T1015"
    assert (flown["flight"], flown["arr_delay"], flown["sched_dep_time"]) == (1545, 11.0, 515)
    assert (cancelled["tailnum"], cancelled["arr_delay"]) == (None, None)


def test_not_a_number_is_no_value_in_a_column_of_numbers_and_a_text_in_one_of_texts(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    values = {"arr_delay": "NaN", "dep_delay": "nan", "air_time": "NAN", "sched_arr_time": "NaN", "dest": "NAN"}
    landed_row = dict(zip(HEADER.split(","), CANCELLED.split(","), strict=True)) | values
    write(tmp_path, "a.csv", HEADER, ",".join(landed_row.values()))
    (row,) = rows_of(spark, tmp_path, model)
    assert {name: row[name] for name in values} == dict.fromkeys(values) | {"dest": "NAN"}


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


STRANGE = (
    *("flights (1).csv", "100%.csv", "a%20b+c#d.csv", "é ü.csv"),
    *("flights[1].csv", "{a,b}.csv", "a*?.csv", "a\\b.csv"),
)


def test_files_of_any_name_are_read_and_told_by_it(spark: SparkSession, tmp_path: Path, model: Model) -> None:
    for number, name in enumerate(STRANGE, start=1):
        bad = FLOWN.replace(",1400,", ",far,")
        write(tmp_path, name, HEADER, FLOWN.replace(",1545,", f",{number},"), bad)
    plain = ("flights1.csv", "a.csv", "ab.csv")  # what Spark would read for some of them, taken as patterns
    for number, name in enumerate(plain, start=len(STRANGE) + 1):
        write(tmp_path, name, HEADER, FLOWN.replace(",1545,", f",{number},"))
    conformed, found = landed(spark, tmp_path, model)
    half_bad = Tally(landed=2, ingested=1, quarantined=1)
    assert found == {name: half_bad for name in STRANGE} | {name: Tally(landed=1, ingested=1) for name in plain}
    assert {row["path"] for row in bad_rows(conformed, "t", "/f").collect()} == {f"/f/{name}" for name in STRANGE}


def test_a_files_name_is_told_percent_encoded_or_as_it_is(spark: SparkSession) -> None:
    names = ["a b+c.csv", "a%20b.csv", "100%.csv", "a.csv"]
    for told in (names, ["a%20b+c.csv", "a%2520b.csv", "100%25.csv", "a.csv"]):
        rows = spark.createDataFrame([(name,) for name in told], "told string")
        assert [row[0] for row in rows.select(true_name(F.col("told"), names)).collect()] == names


def test_files_that_spark_takes_for_hidden_are_no_data(tmp_path: Path) -> None:
    for name in ("_committed.csv", ".a.csv", "a_b.csv"):
        write(tmp_path, name, HEADER)
    assert [file.name for file in csv_files(VOLUME, str(tmp_path))] == ["a_b.csv"]


NEVER_NULL = "expected a value of type string, never null"


# What a line says, what it says instead, and why that is no row.
BROKEN = (
    (",1400,", ",far,", "column distance: found 'far', expected a value of type double, at least 0"),
    (",1400,", ",-3,", "column distance: found '-3', expected a value of type double, at least 0"),
    (",11.0,", ",Infinity,", "column arr_delay: found 'Infinity', expected a value of type double"),
    (",11.0,", ",-inf,", "column arr_delay: found '-inf', expected a value of type double"),
    (",1400,", ",1e999,", "column distance: found '1e999', expected a value of type double, at least 0"),
    (",1545,", ",NaN,", "column flight: found 'NaN', expected a value of type int, at least 1, never null"),
    (",1545,", ",15.5,", "column flight: found '15.5', expected a value of type int, at least 1, never null"),
    (",IAH,", ",Houston,", "column dest: found 'Houston', expected a value of type string, text like [A-Z]{3}"),
    (",515,", ",2530,", "column sched_dep_time: found '2530', expected a value of type int, at least 0, at most 2400"),
    (",IAH,", ",IAH,IAH,", "line: found other fields, expected one for each column of the file"),
)


def test_rows_that_break_the_contract_are_set_aside_with_their_reasons_and_the_others_go_on(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    for number, (old, new, _) in enumerate(BROKEN):
        write(tmp_path, f"{number}.csv", HEADER, FLOWN.replace(old, new), CANCELLED.replace("4308", f"430{number}"))
    conformed, found = landed(spark, tmp_path, model)
    bad = bad_rows(conformed, "dev.flights.flights", "/Volumes/x/flights").collect()
    by_file = zip(sorted(bad, key=lambda row: row["path"]), BROKEN, strict=True)
    for number, (row, (_, new, reasons)) in enumerate(by_file):
        file = f"{number}.csv"
        assert reasons in row["reasons"] and new.strip(",") in row["row"]
        assert (row["path"], row["table_name"]) == (f"/Volumes/x/flights/{file}", "dev.flights.flights")
        assert found[file] == Tally(landed=2, ingested=1, quarantined=1)
    rows = newest_per_key(conformed, model.sources.tables["flights"]).collect()
    assert sorted(row["flight"] for row in rows) == [4300 + number for number in range(len(BROKEN))]


def test_a_null_key_and_a_value_that_is_not_allowed_are_both_told(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN.replace(",EWR,", ",NA,"), FLOWN.replace(",EWR,", ",ewr,"))
    conformed, _ = landed(spark, tmp_path, model)
    allowed = "expected a value of type string, one of EWR, JFK, LGA, never null"
    assert sorted(row["reasons"] for row in bad_rows(conformed, "t", "/f").collect()) == [
        f"column flight_id: found nothing, {NEVER_NULL}; column origin: found nothing, {allowed}",
        f"column origin: found 'ewr', {allowed}",
    ]


def test_equal_bad_rows_of_a_file_are_as_many_rows_and_the_same_ones_each_time(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    bad = FLOWN.replace(",1400,", ",far,")
    write(tmp_path, "a.csv", HEADER, bad, FLOWN, bad)
    write(tmp_path, "b.csv", HEADER, bad)
    seen = [
        {(row["path"], row["row_id"]) for row in bad_rows(landed(spark, tmp_path, model)[0], "t", "/f").collect()}
        for _ in range(2)
    ]
    assert seen[0] == seen[1]
    assert len(seen[0]) == 3


def test_a_file_that_lands_twice_is_ingested_once_and_its_repeated_rows_are_counted(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN, CANCELLED, FLOWN)
    write(tmp_path, "copy-of-a.csv", HEADER, FLOWN, CANCELLED, FLOWN)
    os.utime(tmp_path / "a.csv", (1_000_000, 1_000_000))
    _, found = landed(spark, tmp_path, model)
    assert found == {"a.csv": Tally(landed=3, repeated=3), "copy-of-a.csv": Tally(landed=3, ingested=2, repeated=1)}
    assert len(rows_of(spark, tmp_path, model)) == 2


def test_rows_outside_of_an_environments_sample_are_counted_apart(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    contract = model.sources.tables["flights"]
    flights = [FLOWN.replace(",1545,", f",{number},") for number in range(1, 201)]
    write(tmp_path, "a.csv", HEADER, *flights, FLOWN.replace(",1400,", ",far,"))
    conformed, _ = landed(spark, tmp_path, model)
    tally = tallies(conformed, contract, 0.3, "subset")["a.csv"]
    kept = newest_per_key(thin(conformed, contract.primary_key, 0.3, "subset"), contract)
    assert (tally.landed, tally.quarantined, tally.repeated, tally.ingested) == (201, 1, 0, kept.count())
    assert tally.sampled_away == 200 - tally.ingested
    assert 20 < tally.ingested < 100


def test_a_file_with_too_many_bad_rows_is_refused_with_an_example(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN.replace(",1400,", ",far,"), *[FLOWN] * 19)
    write(tmp_path, "b.csv", HEADER, FLOWN.replace(",1400,", ",near,"), *[FLOWN] * 9)
    conformed, found = landed(spark, tmp_path, model)
    refuse_bad_files(found, conformed, 0.1, "/f")
    with pytest.raises(PipelineError) as raised:
        refuse_bad_files(found, conformed, 0.05, "/f")
    assert str(raised.value) == (
        "file /f/b.csv: found 1 of 10 rows that break the contract, such as: column distance: found 'near', "
        "expected a value of type double, at least 0, expected at most 5% of them"
    )


def test_columns_that_settings_do_not_know_are_named_by_file(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", HEADER, FLOWN)
    write(tmp_path, "b.csv", f"{HEADER},gate,speed", f"{FLOWN},A1,500")
    groups = by_header(VOLUME, csv_files(VOLUME, str(tmp_path)), RAW_COLUMNS["flights"])
    found = new_columns(groups, [*RAW_COLUMNS["flights"], "speed"])
    assert {Path(path).name: new for path, new in found.items()} == {"a.csv": [], "b.csv": ["gate"]}


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
    origin = contract.columns["origin"].model_copy(update={"allowed": ["EWR"]})
    stricter = contract.model_copy(update={"columns": {**contract.columns, "origin": origin}})
    assert digest(contract, 1.0) == digest(commented, 1.0)
    assert len({digest(contract, 1.0), digest(contract, 0.5), digest(shorter, 1.0), digest(stricter, 1.0)}) == 4


def test_a_file_that_is_read_again_does_not_undo_what_later_ones_corrected(
    spark: SparkSession, tmp_path: Path, model: Model
) -> None:
    contract, columns = model.sources.tables["flights"], RAW_COLUMNS["flights"]
    for hour, delay in enumerate(("5.0", "11.0", "95.0")):
        name = f"{'cab'[hour]}.csv"
        write(tmp_path, name, HEADER, FLOWN.replace(",11.0,", f",{delay},"))
        os.utime(tmp_path / name, (3600 * hour, 3600 * hour))
    landed = [Entry(file, "id", "digest") for file in csv_files(VOLUME, str(tmp_path))]
    due = to_read(landed, {entry for entry in landed if entry.file.name != "a.csv"})
    assert [entry.file.name for entry in due] == ["a.csv", "b.csv"]
    raw = bronze("flights", read_files(spark, by_header(VOLUME, [entry.file for entry in due], columns), columns))
    conformed = conform(raw.select(*contract.columns, FILE, MODIFIED, ROW, MALFORMED), contract)
    assert [row["arr_delay"] for row in newest_per_key(conformed, contract).collect()] == [95.0]
    assert tallies(conformed, contract, 1.0, "") == {
        "a.csv": Tally(landed=1, repeated=1),
        "b.csv": Tally(landed=1, ingested=1),
    }


def test_of_a_file_that_landed_last_no_other_is_read_again(tmp_path: Path) -> None:
    entries = [Entry(Landed(f"/f/{number}.csv", 1, number), "id", "digest") for number in range(3)]
    assert to_read(entries, set(entries)) == []
    assert to_read(entries, set(entries[:2])) == entries[2:]
    again = Entry(Landed("/f/0.csv", 1, 9), "id", "digest")
    assert to_read([again, *entries[1:]], set(entries)) == [again]


def test_thinning_takes_the_same_share_of_keys_each_time_and_another_for_another_purpose(spark: SparkSession) -> None:
    keys = spark.range(5000).selectExpr("cast(id as string) AS k")
    once = thin(keys, ["k"], 0.2, "a")
    assert {row.k for row in once.collect()} == {row.k for row in thin(keys.orderBy("k"), ["k"], 0.2, "a").collect()}
    assert 850 < once.count() < 1150
    assert 0.4 < thin(once, ["k"], 0.5, "b").count() / once.count() < 0.6
    assert thin(keys, ["k"], 1.0, "a").count() == 5000
