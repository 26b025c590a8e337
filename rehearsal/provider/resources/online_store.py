"""databricks_online_store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.0/feature-store/online-stores"


class OnlineStore(Kind):
    """An online feature store. The real resource has no `id`: its name is it."""

    name = "online_store"
    identity = "name"
    computed = frozenset({"creation_time", "creator", "state"})
    force_new = frozenset({"name"})
    volatile = frozenset({"state"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """Create it."""
        api.do("POST", ROOT, body=self.document(wanted, *self._sent(wanted)))
        return str(wanted["name"])

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The store."""
        answer = api.do("GET", f"{ROOT}/{identifier}")
        assert isinstance(answer, dict)
        return values.shaped(self.block, answer)

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """Change its size."""
        sent = [name for name in self._sent(wanted) if name != "name"]
        api.do(
            "PATCH", f"{ROOT}/{identifier}", query={"update_mask": ",".join(sent)}, body=self.document(wanted, *sent)
        )
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """Delete it; one that holds tables is refused."""
        api.do("DELETE", f"{ROOT}/{identifier}")

    def _sent(self, wanted: Values) -> list[str]:
        return [name for name in ("name", "capacity", "read_replica_count") if wanted.get(name) is not None]
