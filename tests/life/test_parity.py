"""Flights scored by the batch job and by the endpoint get the same answer: features looked up in Delta and online."""

from __future__ import annotations

import io
import json

import httpx
import pytest

from environments import names
from environments.settings import load_environment, load_model
from pipelines.features.lookups import Lookups
from pipelines.models import load_code
from rehearsal.play.people import DATA_SCIENTIST, ML_ENGINEER
from tests.rehearsal.checkout import Checkout
from tests.rehearsal.jobs_support import run_job

PROD, MODEL = load_environment("prod"), load_model("flight_delay")
CODE = load_code(MODEL.name)
pytestmark = pytest.mark.timeout(1200)
HEADER = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,"
    "dest,air_time,distance,hour,minute,time_hour"
)
# After all that has landed, so that what is known as of their time is what is online; the last is an unknown aircraft.
FLIGHTS = ("UA,9901,N14228,EWR,IAH", "B6,9902,N804JB,JFK,BQN", "DL,9903,N668DN,LGA,ATL", "UA,9904,N-NONE,EWR,IAH")


def plan(checkout: Checkout) -> str:
    """Flights that are planned and have not flown yet land; the path of their file."""
    path = f"{names.landing_path(PROD, MODEL)}/flights/flights-2013-planned.csv"
    rows = []
    for known in FLIGHTS:
        carrier, number, tail, origin, dest = known.split(",")
        rows.append(
            f"2013,8,2,NA,1015,NA,NA,1300,NA,{carrier},{number},{tail},{origin},{dest},NA,1000,10,15,2013-08-02T14:00:00Z"
        )
    checkout.feed("prod").files.upload(path, io.BytesIO("\n".join([HEADER, *rows, ""]).encode()), overwrite=True)
    return path


def test_one_row_scored_both_ways_agrees(checkout: Checkout) -> None:
    plan(checkout)
    for purpose in ("data", "batch-inference"):
        states = run_job(checkout, PROD, MODEL, purpose)
        assert all(state.startswith("SUCCESS") for state in states.values()), states
    spark = checkout.spark(DATA_SCIENTIST, "dev")
    planned = spark.table(names.source_table(PROD, MODEL, MODEL.label_table)).where("flight between 9901 and 9904")
    sent = CODE.observations(planned).select(*Lookups.of(PROD, MODEL, CODE.ON_DEMAND).sent).toPandas()
    assert len(sent) == len(FLIGHTS)
    predicted = spark.table(names.prediction_table(PROD, MODEL)).where("scheduled_departure >= '2013-08-02'").collect()
    in_batch = {row["flight_id"]: row["probability_late"] for row in predicted}

    client = checkout.local.client_with("prod", checkout.local.token_of(ML_ENGINEER))
    records = json.loads(sent.to_json(orient="records", date_format="iso"))
    url = f"{client.config.host}/serving-endpoints/{names.endpoint(PROD, MODEL)}/invocations"
    answer = httpx.post(url, json={"dataframe_records": records}, headers=client.config.authenticate(), timeout=60)
    assert answer.status_code == 200, answer.text
    online = {
        record["flight_id"]: said["probability"]
        for record, said in zip(records, answer.json()["predictions"], strict=True)
    }
    assert online == pytest.approx(in_batch)
    assert len(set(online.values())) > 1
