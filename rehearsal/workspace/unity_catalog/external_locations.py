"""External locations: which folders of cloud storage Unity Catalog uses, by which credential, and who may use them."""

from __future__ import annotations

from pathlib import Path

from databricks.sdk.service.catalog import IsolationMode

from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import already_exists, denied, invalid
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import (
    access,
    azure_access,
    bindings,
    changes,
    cloud_urls,
    managed_storage,
    securables,
    storage,
)
from rehearsal.workspace.unity_catalog.cloud_urls import CloudUrl
from rehearsal.workspace.unity_catalog.names import part
from rehearsal.workspace.unity_catalog.privileges import EXTERNAL_LOCATION, MANAGE, METASTORE, STORAGE_CREDENTIAL

_CREATE = "CREATE_EXTERNAL_LOCATION"
_WILDCARDS = frozenset("*?[]{}")
_CHANGEABLE = frozenset({"url", "credential_name", "credential_id", "read_only", "fallback", "enable_file_events"})


def create(tx: Transaction, principal: Principal, platform: Platform, wanted: Body) -> Body:
    """Make a location.

    Raises DatabricksError: 403 without CREATE EXTERNAL LOCATION on metastore and credential, or where the credential
    may not use the container; 400 for a URL that is wrong or overlaps with another location's; 404, 409.
    """
    access.require(tx, principal, METASTORE, securables.METASTORE_KEY, _CREATE)
    name = part(wanted.get("name"))
    if securables.read(tx, EXTERNAL_LOCATION, name) is not None:
        raise already_exists(f"External Location '{name}' already exists", "EXTERNAL_LOCATION_ALREADY_EXISTS")
    now = storage.now()
    body: Body = {
        "name": name,
        "metastore_id": storage.METASTORE_ID,
        "comment": wanted.get("comment"),
        "read_only": bool(wanted.get("read_only")),
        "fallback": bool(wanted.get("fallback")),
        "isolation_mode": wanted.get("isolation_mode") or IsolationMode.ISOLATION_MODE_OPEN.value,
        "owner": principal.name,
        "created_at": now,
        "created_by": principal.name,
        "updated_at": now,
        "updated_by": principal.name,
    }
    body |= _place(tx, principal, platform, name, {**wanted, "read_only": body["read_only"]})
    securables.write(tx, EXTERNAL_LOCATION, name, body)
    if body["isolation_mode"] == securables.ISOLATED[EXTERNAL_LOCATION]:
        bindings.bind_current(tx, principal, EXTERNAL_LOCATION, name)
    return body


def update(tx: Transaction, principal: Principal, platform: Platform, name: str, wanted: Body) -> Body:
    """Change owner, comment, isolation, or what it points at. Raises DatabricksError 400, 403, 404."""
    before = securables.find(tx, EXTERNAL_LOCATION, name)
    moved = {key: wanted[key] for key in ("url", "credential_name", "read_only") if wanted.get(key) is not None}
    if any(before[key] != value for key, value in moved.items()):
        place = _place(
            tx, principal, platform, name, {**before, **moved, "skip_validation": wanted.get("skip_validation")}
        )
        if place["url"] != before["url"]:
            _require_unused(tx, before, wanted.get("force"), "changed")
        wanted = {**wanted, **place}
    return changes.update(tx, principal, EXTERNAL_LOCATION, name, wanted, _CHANGEABLE)


def delete(tx: Transaction, principal: Principal, name: str, force: bool) -> None:
    """Delete a location in which no catalog or schema keeps its data; with `force` any. Files stay.

    Raises DatabricksError 400, 403, 404.
    """
    access.require(tx, principal, EXTERNAL_LOCATION, name, MANAGE)
    _require_unused(tx, securables.find(tx, EXTERNAL_LOCATION, name), force, "deleted")
    securables.remove(tx, EXTERNAL_LOCATION, name)


def covering(tx: Transaction, url: CloudUrl) -> Body:
    """The location that the URL is within. Raises DatabricksError 400 when there is none."""
    for body in securables.within(tx, EXTERNAL_LOCATION, ""):
        if cloud_urls.parse(body["url"]).holds(url):
            return body
    raise invalid(f"No parent external location found for path '{url}'. Please create an external location on one.")


def require_managed_storage(tx: Transaction, principal: Principal, text: str) -> CloudUrl:
    """A storage root that the principal may give to a catalog or schema.

    Raises DatabricksError: 403 without CREATE MANAGED STORAGE on the location that it is within, 400 without one.
    """
    url = cloud_urls.parse(text)
    location = covering(tx, url)
    access.require(tx, principal, EXTERNAL_LOCATION, location["name"], "CREATE_MANAGED_STORAGE")
    if location["read_only"]:
        raise denied(f"External Location '{location['name']}' is read-only: no managed storage can be in it.")
    return url


def resolve(tx: Transaction, principal: Principal, platform: Platform, text: str, privilege: str) -> Path:
    """The local path of a cloud URL, for one who holds the privilege (READ_FILES, WRITE_FILES) on its location.

    Raises DatabricksError 400, 403, 404; managed storage is reached by names only.
    """
    url = cloud_urls.parse(text)
    location = covering(tx, url)
    access.require(tx, principal, EXTERNAL_LOCATION, location["name"], privilege)
    if _reaches_managed_storage(tx, url, cloud_urls.parse(location["url"]), privilege):
        raise denied(f"Path '{url}' overlaps with managed storage: use the names of the tables and volumes in it.")
    if location["read_only"] and privilege == "WRITE_FILES":
        raise denied(f"External Location '{location['name']}' is read-only.")
    return storage.local_folder(tx, platform, url)


def _place(tx: Transaction, principal: Principal, platform: Platform, name: str, wanted: Body) -> Body:
    """Where a location points, once that is known to be right."""
    credential_name = str(wanted.get("credential_name") or "").lower()
    access.require(tx, principal, STORAGE_CREDENTIAL, credential_name, _CREATE)
    credential = securables.find(tx, STORAGE_CREDENTIAL, credential_name)
    url = cloud_urls.parse(wanted.get("url"))
    for other in securables.within(tx, EXTERNAL_LOCATION, ""):
        if other["name"] != name.lower() and cloud_urls.parse(other["url"]).overlaps(url):
            raise invalid(
                f"Input path url '{url}' overlaps with an existing external location within "
                f"'CreateExternalLocation' call. Conflicting location: {other['name']}."
            )
    if credential["read_only"] and not wanted.get("read_only"):
        raise invalid(f"Storage Credential '{credential_name}' is read-only, so the location must be read-only.")
    if not wanted.get("skip_validation"):
        read_only = bool(wanted.get("read_only"))
        azure_access.require_container(tx, platform, credential["azure_managed_identity"], url, read_only)
    return {"url": str(url), "credential_name": credential_name, "credential_id": credential["id"]}


def _reaches_managed_storage(tx: Transaction, url: CloudUrl, location: CloudUrl, privilege: str) -> bool:
    """Is the path in managed storage, could its wildcards match some, or could writing to it replace some?"""
    if managed_storage.FOLDER in url.folders:
        return True
    wild = any(set(folder) & _WILDCARDS for folder in url.folders)
    within = location if wild else url
    return (wild or privilege == "WRITE_FILES") and bool(managed_storage.users(tx, within))


def _require_unused(tx: Transaction, location: Body, force: object, what: str) -> None:
    users = managed_storage.users(tx, cloud_urls.parse(location["url"]))
    if users and not force:
        raise invalid(
            f"External Location '{location['name']}' cannot be {what} because it holds the managed storage of "
            f"{', '.join(users)}. Use the force option to do it all the same.",
            "INVALID_STATE",
        )
