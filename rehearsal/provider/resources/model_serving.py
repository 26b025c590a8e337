"""databricks_model_serving."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values, changed

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/serving-endpoints"
UPDATE_SECONDS = 45 * 60


class ModelServing(Kind):
    """A serving endpoint. Without `config`, what it serves belongs to the deployment pipeline and is no drift."""

    name = "model_serving"
    computed = frozenset({"budget_policy_id", "description"})
    force_new = frozenset({"name", "route_optimized"})
    quiet = frozenset({"config", "ai_gateway", "rate_limits", "email_notifications", "route_optimized"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create the endpoint, empty without a config."""
        api.do("POST", ROOT, body=self.document({name: value for name, value in wanted.items() if name != "id"}))
        return str(wanted["name"])

    def finish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        """Wait until the config, if there is one, serves."""
        if wanted["config"]:
            self._wait(api, identifier)

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The endpoint."""
        answer = api.do("GET", f"{ROOT}/{quote(identifier)}")
        assert isinstance(answer, dict)
        answer = {"tags": [], "ai_gateway": None, **answer, "serving_endpoint_id": answer["id"]}
        return values.shaped(self.block, answer)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Tags, AI gateway, config. A config that is no longer declared stays, as the real provider leaves it."""
        path = f"{ROOT}/{quote(identifier)}"
        if changed(before, wanted, "tags"):
            kept = {tag["key"] for tag in wanted["tags"]}
            gone = [tag["key"] for tag in before["tags"] if tag["key"] not in kept]
            added = self.document(wanted, "tags").get("tags", [])
            api.do("PATCH", f"{path}/tags", body={"add_tags": added, "delete_tags": gone})
        if changed(before, wanted, "ai_gateway"):
            api.do("PUT", f"{path}/ai-gateway", body=self.document(wanted, "ai_gateway").get("ai_gateway", {}))
        if changed(before, wanted, "config") and wanted["config"]:
            api.do("PUT", f"{path}/config", body=self.document(wanted, "config")["config"])
            self._wait(api, identifier)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete the endpoint."""
        api.do("DELETE", f"{ROOT}/{quote(identifier)}")

    def _wait(self, api: ApiClient, identifier: str) -> None:
        deadline = time.monotonic() + UPDATE_SECONDS
        pause = 0.25
        while True:
            answer = api.do("GET", f"{ROOT}/{quote(identifier)}")
            assert isinstance(answer, dict)
            state = answer["state"]["config_update"]
            if state == "NOT_UPDATING":
                return
            if state != "IN_PROGRESS" or time.monotonic() > deadline:
                raise TimeoutError(f"endpoint {identifier} does not serve the new config: {state}")
            time.sleep(pause)
            pause = min(pause * 2, 10)
