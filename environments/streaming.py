"""Streaming inference: what a model's file says of it, and the contracts of the tables that it keeps account in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from environments.contracts import Column, TableContract
from environments.strict import Cron, Name, Strict, Text

Topic = Annotated[str, Text("1 to 200 letters, digits, ., _ and -", pattern=r"[A-Za-z0-9._-]{1,200}")]


class Streaming(Strict):
    """Streaming inference: requests that arrive are scored soon after, each into the table once, then sent on."""

    from_topic: Topic | None = Field(
        default=None,
        description="topic of requests, JSON objects of the label table's columns; without it the label table's new "
        "and changed rows are scored",
    )
    table: Name = Field(description="name of its prediction table, which has the contract of `predictions`")
    to_topic: Topic | None = Field(default=None, description="topic to which predictions are sent, too")
    schedule: Cron = Field(description="when a run begins; what arrived between two runs waits for the next")
    listen_minutes: Annotated[int, Field(ge=0, le=1380)] = Field(
        default=0, description="how long a run goes on taking what arrives; 0: it ends once all is scored"
    )
    max_records: Annotated[int, Field(ge=1)] = Field(
        default=100_000, description="most records of the topic that are taken at a time"
    )

    @property
    def uses_kafka(self) -> bool:
        """Does it read from a topic or write to one?"""
        return self.from_topic is not None or self.to_topic is not None


_PLACE = {
    "source": Column(type="string", nullable=False, comment="topic"),
    "partition": Column(type="int", nullable=False, comment="of the topic"),
    "offset": Column(type="bigint", nullable=False, comment="in the partition"),
    "sent_at": Column(type="timestamp", comment="when the broker had the record, UTC"),
    "value": Column(type="string", comment="the record as it came"),
    "arrived_at": Column(type="timestamp", comment="when it was taken from the topic"),
}
REQUESTS = TableContract(
    comment="Records of the topic as they came; streaming inference scores them in this order",
    primary_key=["source", "partition", "offset"],
    columns=_PLACE,
)
DEAD_LETTERS = TableContract(
    comment="Records of the topic that could not be scored, and why",
    primary_key=["source", "partition", "offset"],
    columns={**_PLACE, "reason": Column(type="string", nullable=False, comment="what was found, what was expected")},
)
PROGRESS = TableContract(
    comment="How far streaming inference has scored; delete a row and all is scored again, without doubling anything",
    primary_key=["source"],
    columns={
        "source": Column(type="string", nullable=False, comment="full name of the table of requests"),
        "version": Column(type="bigint", nullable=False, comment="its Delta version up to which all is scored"),
        "model_version": Column(type="string", comment="which scored last"),
        "recorded_at": Column(type="timestamp"),
    },
)
