"""What a person does with feature engineering, as a program: run beside the stand-in runtime, it prints what came out.

Two feature tables, one of them a time series, a function; a model that knows them; the same rows scored by Spark and by
an endpoint.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any

import mlflow
import pandas as pd
from databricks.feature_engineering import FeatureEngineeringClient, FeatureFunction, FeatureLookup
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import (
    ColumnTypeName,
    CreateFunction,
    CreateFunctionParameterStyle,
    CreateFunctionRoutineBody,
    CreateFunctionSecurityType,
    CreateFunctionSqlDataAccess,
    FunctionParameterInfo,
    FunctionParameterInfos,
)
from databricks.sdk.service.serving import EndpointCoreConfigInput, ServedEntityInput
from pyspark.sql import Row, SparkSession
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

CARRIERS, WEATHER, FUNCTION = "stories.f.carriers", "stories.f.weather", "stories.f.speed"
MODEL, ENDPOINT, STORE = "stories.f.delay", "delay", "stories"
NOON = datetime(2013, 6, 1, 12)
spark = SparkSession.builder.getOrCreate()
client = WorkspaceClient()
fe = FeatureEngineeringClient()


def tables() -> dict[str, Any]:
    """Two feature tables; the weather of an hour later must not be seen by training."""
    carriers = spark.createDataFrame(
        [Row(carrier="AA", mean_delay=0.1 + 0.2, planes=600), Row(carrier="UA", mean_delay=7.3, planes=None)],
        "carrier string, mean_delay double, planes bigint",
    )
    made = fe.create_table(name=CARRIERS, primary_keys="carrier", df=carriers, description="Carriers' means")
    hours = [(timedelta(hours=-2), 1.1), (timedelta(), 2.2), (timedelta(hours=1), 3.3)]
    weather = spark.createDataFrame([Row(origin="JFK", at=NOON + hour, wind=wind) for hour, wind in hours])
    fe.create_table(name=WEATHER, primary_keys=["origin", "at"], timeseries_column="at", schema=weather.schema)
    fe.write_table(name=WEATHER, df=weather)
    fe.write_table(name=CARRIERS, df=carriers.where("carrier = 'AA'").selectExpr("carrier", "599 AS planes"))
    return {"keys": made.primary_keys, "features": made.features, "rows": fe.read_table(name=CARRIERS).count()}


def function() -> None:
    """A Python function of Unity Catalog."""
    names = (("distance", "double", ColumnTypeName.DOUBLE), ("delay", "double", ColumnTypeName.DOUBLE))
    client.functions.create(
        CreateFunction(
            name="speed",
            catalog_name="stories",
            schema_name="f",
            input_params=FunctionParameterInfos(
                [FunctionParameterInfo(name, text, kind, place) for place, (name, text, kind) in enumerate(names)]
            ),
            data_type=ColumnTypeName.DOUBLE,
            full_data_type="DOUBLE",
            routine_body=CreateFunctionRoutineBody.EXTERNAL,
            routine_definition="import math\nreturn distance / math.sqrt(delay) if delay is not None else 0",
            external_language="PYTHON",
            parameter_style=CreateFunctionParameterStyle.S,
            is_deterministic=True,
            sql_data_access=CreateFunctionSqlDataAccess.NO_SQL,
            is_null_call=True,
            security_type=CreateFunctionSecurityType.DEFINER,
            specific_name="speed",
        )
    )


def train() -> dict[str, Any]:
    """A model on rows of noon, with its features packed in."""
    flights = spark.createDataFrame(
        [
            Row(carrier=carrier, origin="JFK", at=NOON + timedelta(minutes=minute), distance=float(minute), late=minute)
            for minute, carrier in enumerate(["AA", "UA", "ZZ", "AA", "UA", "ZZ"], start=1)
        ],
        "carrier string, origin string, at timestamp, distance double, late double",
    )
    lookups = [
        FeatureLookup(
            CARRIERS,
            "carrier",
            feature_names=["mean_delay", "planes"],
            rename_outputs={"mean_delay": "delay"},
            default_values={"planes": 3},
        ),
        FeatureLookup(WEATHER, "origin", timestamp_lookup_key="at", lookback_window=timedelta(days=1)),
        FeatureFunction(
            udf_name=FUNCTION, input_bindings={"distance": "distance", "delay": "delay"}, output_name="speed"
        ),
    ]
    training = fe.create_training_set(
        df=flights, feature_lookups=lookups, label="late", exclude_columns=["carrier", "origin", "at"]
    )
    frame = training.load_df().toPandas()
    model = make_pipeline(SimpleImputer(strategy="constant", fill_value=-1.0), LinearRegression())
    model.fit(frame.drop(columns="late"), frame["late"] + 0.1 * frame["distance"] ** 2)
    with mlflow.start_run():
        fe.log_model(
            model=model,
            artifact_path="model",
            flavor=mlflow.sklearn,
            training_set=training,
            registered_model_name=MODEL,
            pip_requirements=["scikit-learn"],
        )
    return {"columns": list(frame.columns), "wind": sorted(set(frame["wind"])), "planes": sorted(set(frame["planes"]))}


def publish() -> None:
    """Both tables online."""
    store = fe.create_online_store(name=STORE, capacity="CU_1")
    for table in (CARRIERS, WEATHER):
        fe.publish_table(online_store=store, source_table_name=table, online_table_name=f"{table}_online")
    deadline = time.monotonic() + 60
    for table in (CARRIERS, WEATHER):
        while True:
            status = client.database.get_synced_database_table(f"{table}_online").data_synchronization_status
            if status is not None and status.last_sync is not None:
                break
            assert time.monotonic() < deadline, status
            time.sleep(0.1)


def scored_both_ways() -> dict[str, Any]:
    """The same rows by Spark and by the endpoint, some of them with a feature that goes before the look-up."""
    later = NOON + timedelta(hours=2)
    rows = [{"carrier": carrier, "origin": "JFK", "at": later, "distance": 150.25} for carrier in ("AA", "ZZ")]
    overridden = [{**row, "delay": 5.5} for row in rows]
    version = ServedEntityInput(
        entity_name=MODEL, entity_version="1", workload_size="Small", scale_to_zero_enabled=True
    )
    client.serving_endpoints.create_and_wait(
        ENDPOINT, config=EndpointCoreConfigInput(name=ENDPOINT, served_entities=[version])
    )
    result = {}
    for name, given in (("looked_up", rows), ("overridden", overridden)):
        scored = fe.score_batch(model_uri=f"models:/{MODEL}/1", df=spark.createDataFrame(pd.DataFrame(given)))
        batch = [row.asDict() for row in scored.orderBy("carrier").collect()]
        sent = [{**row, "at": row["at"].isoformat()} for row in given]
        answer = client.serving_endpoints.query(ENDPOINT, dataframe_records=sent)
        result[name] = {
            "batch": [row["prediction"] for row in batch],
            "online": list(answer.predictions or []),
            "wind": [row["wind"] for row in batch],
            "speed": [row["speed"] for row in batch],
        }
    return result


if __name__ == "__main__":
    client.catalogs.create("stories")
    client.schemas.create("f", "stories")
    told = {"tables": tables()}
    function()
    client.registered_models.create(catalog_name="stories", schema_name="f", name="delay")
    mlflow.set_experiment("/Shared/stories")
    told |= {"training": train()}
    publish()
    told |= {"scored": scored_both_ways()}
    print("TOLD", json.dumps(told))
