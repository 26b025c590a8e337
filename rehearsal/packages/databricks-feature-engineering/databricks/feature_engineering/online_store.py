"""Online stores as the client shows them, and what it does to them by databricks-sdk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from databricks.sdk.service.ml import OnlineStore


@dataclass
class DatabricksOnlineStore:
    """An online store, with the real class's names."""

    class State(Enum):
        """What it is doing."""

        STATE_UNSPECIFIED = "STATE_UNSPECIFIED"
        STARTING = "STARTING"
        AVAILABLE = "AVAILABLE"
        DELETING = "DELETING"
        STOPPED = "STOPPED"
        UPDATING = "UPDATING"
        FAILING_OVER = "FAILING_OVER"

    name: str
    capacity: str
    read_replica_count: int | None = 0
    usage_policy_id: str | None = None
    creator: str | None = None
    creation_time: str | None = None
    state: State | None = None

    @classmethod
    def of(cls, store: OnlineStore) -> DatabricksOnlineStore:
        """From databricks-sdk's."""
        return cls(
            name=store.name,
            capacity=store.capacity,
            read_replica_count=store.read_replica_count,
            usage_policy_id=store.usage_policy_id,
            creator=store.creator,
            creation_time=store.creation_time,
            state=cls.State(store.state.value) if store.state else None,
        )


@dataclass(frozen=True)
class PublishedTable:
    """What a publication answers."""

    online_table_name: str
    pipeline_id: str
