"""The table of what a model's endpoint and jobs did, hour by hour. Terraform makes it, monitoring writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from environments.contracts import Column, TableContract
from environments.strict import NonEmpty, Strict

ENDPOINT, JOB = "endpoint", "job"

INFRASTRUCTURE = TableContract(
    comment="What the model's endpoint and jobs did in each hour, how fast, how well and for how much",
    primary_key=["kind", "name", "hour"],
    time_key="hour",
    columns={
        "kind": Column(type="string", nullable=False, comment="endpoint or job"),
        "name": Column(type="string", nullable=False, comment="of the endpoint or the job"),
        "hour": Column(type="timestamp", nullable=False, comment="in which requests or runs began, UTC"),
        "requests": Column(type="bigint", comment="requests of callers; runs of a job that have ended"),
        "errors": Column(type="bigint", comment="those that did not succeed"),
        "retries": Column(type="bigint", comment="tasks of the job's runs that were tried again"),
        "rows_scored": Column(type="bigint", comment="predictions in the inference log of that hour"),
        "latency_p50_ms": Column(type="double", comment="half of the requests were answered in that time"),
        "latency_p95_ms": Column(type="double"),
        "latency_p99_ms": Column(type="double"),
        "duration_seconds": Column(type="double", comment="time that the job's runs took, all together"),
        "cost": Column(type="double", comment="estimated from prices of the environment's settings"),
        "currency": Column(type="string", comment="of the cost"),
    },
)


class Prices(Strict):
    """Prices by which costs are estimated; what was billed is in `system.billing.usage`, days later."""

    currency: NonEmpty = Field(description="of all prices, such as EUR")
    job_hour: Annotated[float, Field(ge=0)] = Field(description="an hour in which a run of a job works")
    endpoint_hour: Annotated[float, Field(ge=0)] = Field(description="an hour in which an endpoint is asked")
