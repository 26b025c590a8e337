"""The local Azure, as tests of storage need it: an access connector, and a storage account with a container."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tests.workspace.conftest import Server

_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-00000000000a"
_CONTRIBUTOR = "/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe"


@dataclass(frozen=True)
class StorageAccount:
    """A resource group of one storage account, by the REST API; `authorize` lets the connector use the account."""

    server: Server
    account: str

    @property
    def group(self) -> str:
        """The resource group's id."""
        return f"{_SUBSCRIPTION}/resourceGroups/rg-{self.account}"

    @property
    def connector(self) -> str:
        """The access connector's id."""
        return f"{self.group}/providers/Microsoft.Databricks/accessConnectors/ac-{self.account}"

    @property
    def storage(self) -> str:
        """The storage account's id."""
        return f"{self.group}/providers/Microsoft.Storage/storageAccounts/{self.account}"

    @property
    def url(self) -> str:
        """The container, without a slash at its end."""
        return f"abfss://catalog@{self.account}.dfs.core.windows.net"

    def prepare(self) -> StorageAccount:
        """Make them; neither connector nor account knows the other yet."""
        self.put(self.group)
        self.put(self.connector, identity={"type": "SystemAssigned"}, properties={})
        self.put(self.storage, sku={"name": "Standard_ZRS"}, kind="StorageV2", properties={"isHnsEnabled": True})
        self.put(f"{self.storage}/blobServices/default/containers/catalog", properties={})
        return self

    def authorize(self) -> StorageAccount:
        """Let the connector's identity read and write in the storage account."""
        identity = self.put(self.connector, identity={"type": "SystemAssigned"}, properties={})["identity"]
        assert isinstance(identity, dict)
        name = "11111111-0000-0000-0000-000000000001"
        self.put(
            f"{self.storage}/providers/Microsoft.Authorization/roleAssignments/{name}",
            properties={"roleDefinitionId": _CONTRIBUTOR, "principalId": identity["principalId"]},
        )
        return self

    def put(self, resource_id: str, **body: object) -> dict[str, object]:
        """Create a resource."""
        headers = {"Authorization": f"Bearer {self.server.admin().config.token}"}
        url = f"{self.server.host('account')}{resource_id}?api-version=2024-01-01"
        answer = httpx.put(url, json={"location": "westeurope", **body}, headers=headers, timeout=10)
        assert answer.is_success, answer.text
        found: dict[str, object] = answer.json()
        return found
