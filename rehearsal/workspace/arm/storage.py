"""Microsoft.Storage: accounts and containers. A container's data is a folder, which abfss URLs are mapped to."""

from __future__ import annotations

import shutil
from pathlib import Path

from rehearsal.workspace import errors
from rehearsal.workspace.arm import identities, resources
from rehearsal.workspace.arm.errors import conflict, invalid
from rehearsal.workspace.arm.resources import Change, ResourceType
from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body, Transaction

ACCOUNT = "Microsoft.Storage/storageAccounts"
SERVICES = f"{ACCOUNT}/blobServices"
CONTAINER = f"{SERVICES}/containers"
NAME = "arm_storage_account_name"  # names of accounts are unique in all of Azure
_ENDPOINTS = ("blob", "dfs", "file", "queue", "table", "web")


def container_folder(tx: Transaction, platform: Platform, account: str, container: str) -> Path:
    """The folder that holds a container's data. Raises DatabricksError 404 when Azure has no such container."""
    taken = tx.get(NAME, account)
    found = resources.find(tx, f"{taken['id']}/blobServices/default/containers/{container}") if taken else None
    if found is None:
        raise errors.not_found(f"The container '{container}' of storage account '{account}' does not exist.")
    return _folder(platform, account, container)


def _folder(platform: Platform, account: str, container: str) -> Path:
    return platform.home / "storage" / "azure" / account / container


def _settle_account(change: Change) -> None:
    name = change.id.name
    if not (3 <= len(name) <= 24 and name.isalnum() and name == name.lower()):
        message = f"{name} is not a valid storage account name: 3 to 24 lower-case letters and digits."
        raise invalid(message, "AccountNameInvalid")
    taken = change.tx.get(NAME, name)
    if taken is not None and taken["id"].lower() != change.id.key:
        raise conflict(f"The storage account named {name} is already taken.", "StorageAccountAlreadyTaken")
    before = (change.before or {}).get("properties", {})
    if change.before is not None and bool(before.get("isHnsEnabled")) != bool(change.properties.get("isHnsEnabled")):
        raise invalid("The property 'isHnsEnabled' cannot be changed.", "AccountPropertyCannotBeUpdated")
    change.tx.put(NAME, name, {"id": change.id.text})
    identities.settle(change)
    change.properties.setdefault("accessTier", "Hot")
    hosts = {service: f"https://{name}.{service}.core.windows.net/" for service in _ENDPOINTS}
    change.properties.update(
        primaryEndpoints=hosts, primaryLocation=change.after.get("location"), statusOfPrimary="available"
    )
    default = f"{change.id.text}/blobServices/default"
    if resources.find(change.tx, default) is None:  # every account has this one
        body = {"id": default, "name": "default", "type": SERVICES, "properties": {}}
        change.tx.put(resources.KIND, default.lower(), body)


def _remove_account(change: Change) -> None:
    change.tx.delete(NAME, change.id.name)
    identities.remove(change)
    folder = change.platform.home / "storage" / "azure" / change.id.name
    change.afterwards.append(lambda: shutil.rmtree(folder, ignore_errors=True))


def _settle_container(change: Change) -> None:
    account = change.id.names[0]
    owner = resources.find(change.tx, change.tx.get(NAME, account)["id"])  # type: ignore[index]  # its parent exists
    public = change.properties.get("publicAccess", "None")
    if public != "None" and not (owner or {}).get("properties", {}).get("allowBlobPublicAccess", False):
        message = f"Public access is not permitted on storage account '{account}'."
        raise conflict(message, "PublicAccessNotPermitted")
    change.properties.setdefault("publicAccess", "None")
    _folder(change.platform, account, change.id.name).mkdir(parents=True, exist_ok=True)


def _remove_container(change: Change) -> None:
    folder = _folder(change.platform, change.id.names[0], change.id.name)
    change.afterwards.append(lambda: shutil.rmtree(folder, ignore_errors=True))


def _show_account(tx: Transaction, body: Body) -> Body:
    """Private endpoints that lead to the account are shown with it."""
    endpoints = [
        {"properties": {"privateEndpoint": {"id": endpoint["id"]}}}
        for endpoint in tx.list(resources.KIND)
        if endpoint["type"] == "Microsoft.Network/privateEndpoints"
        for connection in endpoint["properties"].get("privateLinkServiceConnections", [])
        if connection["properties"]["privateLinkServiceId"].lower() == body["id"].lower()
    ]
    return {**body, "properties": {**body["properties"], "privateEndpointConnections": endpoints}}


TYPES = (
    ResourceType(ACCOUNT, settle=_settle_account, remove=_remove_account, show=_show_account),
    ResourceType(SERVICES),
    ResourceType(CONTAINER, settle=_settle_container, remove=_remove_container),
)
