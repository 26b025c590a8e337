"""Rows that break their contract land in staging: the deployed job sets them aside, and each row is accounted for."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from pyspark.sql import Row, SparkSession

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play.people import DATA_SCIENTIST, FEED
from tests.rehearsal.checkout import Checkout
from tests.rehearsal.jobs_support import run_job

STAGING, MODEL = load_environment("staging"), load_model("flight_delay")
PLANES = names.source_table(STAGING, MODEL, "planes")
LEDGER, QUARANTINE = names.ledger_table(STAGING, MODEL), names.quarantine_table(STAGING, MODEL)
FOLDER = f"{names.landing_path(STAGING, MODEL)}/planes"
HEADER = "tailnum,year,type,manufacturer,model,engines,seats,speed,engine,owner"
GOOD = [f"N-Q{number:02},1999,x,y,z,2,55,NA,e,me" for number in range(38)]
BAD, REPEATED = "N-BAD,1999,x,y,z,2,many,NA,e,me", "N-Q00,1999,x,y,z,2,55,NA,e,me"
SUCCESS = {"ingest": "SUCCESS "}
Land = Callable[[str, list[str]], dict[str, str]]
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def spark(checkout: Checkout) -> SparkSession:
    return checkout.spark(DATA_SCIENTIST, "dev")


@pytest.fixture(scope="module")
def land(checkout: Checkout) -> Iterator[Land]:
    """Lands a file of planes and ingests; what became of the task. The files are deleted at the end."""
    feed = next(iter(checkout.admin("staging").service_principals.list(filter=f'displayName eq "{FEED}"')))
    client = checkout.local.client_with("staging", checkout.local.token_of(str(feed.application_id)))
    landed: set[str] = set()

    def land_and_ingest(name: str, lines: list[str]) -> dict[str, str]:
        landed.add(name)
        content = "\n".join([HEADER, *lines, ""]).encode()
        client.files.upload(f"{FOLDER}/{name}", io.BytesIO(content), overwrite=True)
        return run_job(checkout, STAGING, MODEL, "data", only=["ingest"])

    yield land_and_ingest
    for name in landed:
        client.files.delete(f"{FOLDER}/{name}")


def account(spark: SparkSession, name: str) -> tuple[int, int, int, int, int]:
    """What the ledger says of a file's rows: landed, ingested, quarantined, sampled away, repeated."""
    (row,) = spark.table(LEDGER).where(f"path = '{FOLDER}/{name}'").collect()
    assert row.rows_landed == row.rows_ingested + row.rows_quarantined + row.rows_sampled_away + row.rows_repeated
    assert row.new_columns == "owner"
    return row.rows_landed, row.rows_ingested, row.rows_quarantined, row.rows_sampled_away, row.rows_repeated


def quarantined(spark: SparkSession) -> dict[str, Row]:
    """The quarantined rows of planes, by the file's name."""
    found = spark.table(QUARANTINE).where(f"table_name = '{PLANES}'").collect()
    assert len(found) == len({row.path for row in found})
    return {row.path.removeprefix(f"{FOLDER}/"): row for row in found}


def test_of_the_rehearsals_own_files_every_row_is_accounted_for(spark: SparkSession) -> None:
    parts = "rows_ingested + rows_quarantined + rows_sampled_away + rows_repeated"
    files = spark.table(LEDGER)
    assert files.where(f"rows_landed <> {parts} OR new_columns IS NOT NULL").count() == 0
    sums = files.selectExpr("sum(rows_quarantined)", "sum(rows_sampled_away)").collect()[0]
    assert sums[0] == spark.table(QUARANTINE).count()
    assert sums[1] > 0
    for table, contract in MODEL.sources.tables.items():
        folder = f"{names.landing_path(STAGING, MODEL)}/{contract.folder}/"
        ingested = files.where(f"startswith(path, '{folder}')").selectExpr("sum(rows_ingested)").collect()[0][0]
        assert ingested == spark.table(names.source_table(STAGING, MODEL, table)).count()


def test_a_bad_row_is_set_aside_and_the_others_are_ingested(spark: SparkSession, land: Land) -> None:
    before = spark.table(PLANES).count()
    assert land("q-1.csv", [*GOOD, BAD, REPEATED]) == SUCCESS
    assert spark.table(PLANES).count() == before + len(GOOD)
    assert account(spark, "q-1.csv") == (40, 38, 1, 0, 1)
    row = quarantined(spark)["q-1.csv"]
    assert row.reasons == "column seats: found 'many', expected a value of type int, at least 1"
    assert '"tailnum":"N-BAD"' in row.row and '"owner":"me"' in row.row


def test_the_same_content_under_another_name_doubles_nothing(spark: SparkSession, land: Land) -> None:
    before = spark.table(PLANES).count()
    assert land("q-0-again.csv", [*GOOD, BAD, REPEATED]) == SUCCESS
    assert spark.table(PLANES).count() == before
    assert account(spark, "q-0-again.csv") == (40, 38, 1, 0, 1)
    assert set(quarantined(spark)) == {"q-1.csv", "q-0-again.csv"}


def test_a_file_sent_again_corrected_takes_its_rows_out_of_the_quarantine(spark: SparkSession, land: Land) -> None:
    before = spark.table(PLANES).count()
    assert land("q-1.csv", [*GOOD, BAD.replace("many", "70"), REPEATED]) == SUCCESS
    assert spark.table(PLANES).count() == before + 1
    assert account(spark, "q-1.csv") == (40, 39, 0, 0, 1)
    assert set(quarantined(spark)) == {"q-0-again.csv"}


def test_too_many_bad_rows_fail_the_file_and_write_nothing(spark: SparkSession, land: Land) -> None:
    before, kept = spark.table(PLANES).count(), quarantined(spark)
    states = land("q-2.csv", [*GOOD[:9], BAD])
    assert "q-2.csv: found 1 of 10 rows that break the contract, such as: column seats" in states["ingest"]
    assert states["ingest"].startswith("FAILED")
    assert spark.table(PLANES).count() == before
    assert quarantined(spark) == kept
    assert spark.table(LEDGER).where(f"path = '{FOLDER}/q-2.csv'").count() == 0
