"""What a snapshot has of a table: a part of the keys, and masks behind which joins still work."""

from __future__ import annotations

import base64
from datetime import datetime

from databricks.sdk.errors import ResourceDoesNotExist
from databricks.sdk.service.workspace import GetSecretResponse
from pyspark.sql import DataFrame, SparkSession

from environments import names
from environments.settings import Model, TableContract, load_environment
from environments.snapshot import SnapshotTable
from pipelines.features.origin import Source
from pipelines.snapshot.copy import copied
from pipelines.snapshot.key import fingerprint, mask_key
from pipelines.snapshot.run import Copy

KEY = "0f" * 32


def contract(**columns: str) -> TableContract:
    """A table of these columns; the first is its key."""
    key = next(iter(columns))
    settings = {
        "comment": "A table",
        "primary_key": [key],
        "columns": {name: {"type": type_, "nullable": name != key} for name, type_ in columns.items()},
    }
    return TableContract.model_validate(settings)


FLIGHTS = contract(flight_id="string", tailnum="string", seats="int", leaves="timestamp")
PLANES = contract(tailnum="string", year="int")


def flights(spark: SparkSession, rows: int = 2000) -> DataFrame:
    values = [(f"f{n}", f"N{n % 50}" if n % 10 else None, n, datetime(2013, 1, 1)) for n in range(rows)]
    return spark.createDataFrame(values, "flight_id string, tailnum string, seats int, leaves timestamp")


def planes(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(f"N{n}", 2000 + n) for n in range(50)], "tailnum string, year int")


def test_the_sample_is_of_keys_and_the_same_each_time(spark: SparkSession) -> None:
    settings = SnapshotTable(sample=0.2)
    once = copied(flights(spark), FLIGHTS, settings, KEY)
    keys = {row.flight_id for row in once.collect()}
    assert 330 < len(keys) < 470
    assert {
        row.flight_id for row in copied(flights(spark).orderBy("leaves"), FLIGHTS, settings, "another").collect()
    } == keys
    assert copied(flights(spark), FLIGHTS, SnapshotTable(), KEY).count() == 2000


def test_joins_survive_masks_and_values_do_not(spark: SparkSession) -> None:
    masks = SnapshotTable(masked={"tailnum": "hash"})
    ours, theirs = copied(flights(spark), FLIGHTS, masks, KEY), copied(planes(spark), PLANES, masks, KEY)
    joined = ours.join(theirs, "tailnum")
    assert joined.count() == flights(spark).join(planes(spark), "tailnum").count()
    assert joined.where("year - 2000 != seats % 50").count() == 0
    hashed = {row.tailnum for row in ours.collect()}
    assert None in hashed and len(hashed) == 50 - 5 + 1
    assert all(len(value) == 16 and not value.startswith("N") for value in hashed if value)


def test_another_key_gives_other_hashes(spark: SparkSession) -> None:
    masks = SnapshotTable(masked={"tailnum": "hash"})
    first, second = ({row.tailnum for row in copied(planes(spark), PLANES, masks, key).collect()} for key in (KEY, "x"))
    assert not first & second


def test_the_copy_has_the_contracts_columns_and_types(spark: SparkSession) -> None:
    masks = SnapshotTable(masked={"seats": "null", "leaves": "null", "tailnum": "hash"})
    wider = flights(spark, 5).selectExpr("cast(seats as bigint) seats", "1 AS more", "tailnum", "leaves", "flight_id")
    rows = copied(wider, FLIGHTS, masks, KEY)
    assert dict(rows.dtypes) == {"flight_id": "string", "tailnum": "string", "seats": "int", "leaves": "timestamp"}
    assert {(row.seats, row.leaves) for row in rows.collect()} == {(None, None)}


def test_a_copy_is_another_by_source_code_sample_masks_and_key() -> None:
    def description(version: int = 3, code: str = "abc", key: str = KEY, **settings: object) -> str:
        copied_as = SnapshotTable.model_validate(settings)
        return Copy("t", PLANES, copied_as, "prod.a.t", Source("id", version), "dev.a.t").description(code, key)

    masked = {"masked": {"tailnum": "hash"}}
    all_different = [
        description(),
        description(version=4),
        description(code="abd"),
        description(sample=0.5),
        description(**masked),
        description(key="x", **masked),
    ]
    assert len(set(all_different)) == len(all_different)
    assert description(key="x") == description()
    assert KEY not in description(**masked) and fingerprint(KEY) in description(**masked)


def test_every_table_that_settings_copy_has_a_name_and_a_contract(model: Model) -> None:
    assert model.snapshot is not None
    dev = load_environment("dev")
    full = {name: names.copied_table(dev, model, name) for name in model.copied()}
    assert full["flights"] == "dev.flights.flights"
    assert full["route_features"] == "dev.flight_delay.route_features"
    assert full["predictions"] == names.prediction_table(dev, model)


class Secrets:
    """A workspace's secrets, in memory."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], bytes] = {}

    @property
    def secrets(self) -> Secrets:
        return self

    def get_secret(self, scope: str, key: str) -> GetSecretResponse:
        if (scope, key) not in self.values:
            raise ResourceDoesNotExist("no secret")
        return GetSecretResponse(key=key, value=base64.b64encode(self.values[scope, key]).decode())

    def put_secret(self, scope: str, key: str, string_value: str) -> None:
        self.values[scope, key] = string_value.encode()


def test_the_key_is_made_once() -> None:
    workspace, dev = Secrets(), load_environment("dev")
    key = mask_key(workspace, dev)  # type: ignore[arg-type]
    assert len(key) == 64
    assert mask_key(workspace, dev) == key  # type: ignore[arg-type]
    assert list(workspace.values) == [("understudy-dev-masks", "mask_key")]
