"""Who asks the endpoint: boards of the airports, each of the departures of an hour, as callers of their own would."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from databricks.sdk import WorkspaceClient

Records = list[dict[str, Any]]
_TOO_MANY = 429
_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Asked:
    """What came of the requests: by status, and by the served version that answered; how many records they had."""

    statuses: Counter[int]
    served: Counter[str]
    records: int

    @property
    def failed(self) -> int:
        """Requests without an answer."""
        return self.statuses.total() - self.statuses[200]

    def __str__(self) -> str:
        by = ", ".join(f"{count} by {name}" for name, count in sorted(self.served.items()))
        return f"{self.statuses.total()} requests: {by}" + (f", {self.failed} of them failed" if self.failed else "")


def ask(client: WorkspaceClient, endpoint: str, requests: Iterator[Records], count: int) -> Asked:
    """Send the next `count` requests, one after the other; who is over the endpoint's limit waits and asks again."""
    statuses, served, records = Counter[int](), Counter[str](), 0
    url = f"{client.config.host}/serving-endpoints/{endpoint}/invocations"
    with httpx.Client(headers=client.config.authenticate(), timeout=60) as caller:
        for _ in range(count):
            body = {"dataframe_records": next(requests)}
            records += len(body["dataframe_records"])
            while (answer := caller.post(url, json=body)).status_code == _TOO_MANY:
                time.sleep(_PATIENCE_SECONDS)
            statuses[answer.status_code] += 1
            served[answer.headers.get("served-model-name", "nobody")] += 1
    return Asked(statuses, served, records)
