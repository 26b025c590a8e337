"""databricks_sql_endpoint: a SQL warehouse."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/sql/warehouses"
START_SECONDS = 30 * 60


class SqlEndpoint(Kind):
    """A SQL warehouse. Creation waits until it runs, so that tables can be created with it."""

    name = "sql_endpoint"
    computed = frozenset({"enable_serverless_compute", "data_source_id", "warehouse_type", "min_num_clusters"})
    defaults: ClassVar[Values] = {
        "auto_stop_mins": 120,
        "enable_photon": True,
        "max_num_clusters": 1,
        "no_wait": False,
        "spot_instance_policy": "COST_OPTIMIZED",
    }
    quiet = frozenset({"channel", "tags", "instance_profile_arn"})
    volatile = frozenset({"state", "num_active_sessions", "num_clusters"})
    sent = (
        "name", "cluster_size", "auto_stop_mins", "channel", "enable_photon", "enable_serverless_compute",
        "instance_profile_arn", "max_num_clusters", "min_num_clusters", "spot_instance_policy", "tags",
        "warehouse_type",
    )  # fmt: skip

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create the warehouse."""
        answer = api.do("POST", ROOT, body=self.document(wanted, *self.sent))
        assert isinstance(answer, dict)
        return str(answer["id"])

    def finish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        """Wait until it runs."""
        deadline = time.monotonic() + START_SECONDS
        pause = 0.1
        while not wanted["no_wait"]:
            answer = api.do("GET", f"{ROOT}/{identifier}")
            assert isinstance(answer, dict)
            if answer["state"] == "RUNNING":
                return
            if answer["state"] in ("DELETED", "DELETING") or time.monotonic() > deadline:
                raise TimeoutError(f"warehouse {identifier} does not start: it is {answer['state']}")
            time.sleep(pause)
            pause = min(pause * 2, 5)

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The warehouse. Real ones have a data source for the old query editor; its id is the warehouse's here."""
        answer = api.do("GET", f"{ROOT}/{identifier}")
        assert isinstance(answer, dict)
        return {**values.shaped(self.block, answer), "data_source_id": identifier}

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Edit; the call takes the whole warehouse."""
        api.do("POST", f"{ROOT}/{identifier}/edit", body=self.document(wanted, *self.sent))
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete the warehouse."""
        api.do("DELETE", f"{ROOT}/{identifier}")
