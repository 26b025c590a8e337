"""Storage credentials: the identity by which Unity Catalog reaches storage; on Azure, that of an access connector."""

from __future__ import annotations

import uuid

from databricks.sdk.service.catalog import IsolationMode

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, invalid
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import access, azure_access, bindings, changes, securables, storage
from rehearsal.workspace.unity_catalog.names import part
from rehearsal.workspace.unity_catalog.privileges import EXTERNAL_LOCATION, MANAGE, METASTORE, STORAGE_CREDENTIAL

_CHANGEABLE = frozenset({"read_only", "azure_managed_identity"})


def create(tx: Transaction, principal: Principal, wanted: Body) -> Body:
    """Make a credential. Raises DatabricksError: 403 without CREATE STORAGE CREDENTIAL, 400 without connector, 409."""
    access.require(tx, principal, METASTORE, securables.METASTORE_KEY, "CREATE_STORAGE_CREDENTIAL")
    name = part(wanted.get("name"))
    if securables.read(tx, STORAGE_CREDENTIAL, name) is not None:
        raise already_exists(f"Storage Credential '{name}' already exists", "STORAGE_CREDENTIAL_ALREADY_EXISTS")
    now = storage.now()
    body: Body = {
        "name": name,
        "full_name": name,
        "id": str(uuid.uuid4()),
        "metastore_id": storage.METASTORE_ID,
        "azure_managed_identity": _identity(tx, wanted, str(uuid.uuid4())),
        "comment": wanted.get("comment"),
        "read_only": bool(wanted.get("read_only")),
        "isolation_mode": wanted.get("isolation_mode") or IsolationMode.ISOLATION_MODE_OPEN.value,
        "used_for_managed_storage": False,
        "owner": principal.name,
        "created_at": now,
        "created_by": principal.name,
        "updated_at": now,
        "updated_by": principal.name,
    }
    securables.write(tx, STORAGE_CREDENTIAL, name, body)
    if body["isolation_mode"] == securables.ISOLATED[STORAGE_CREDENTIAL]:
        bindings.bind_current(tx, principal, STORAGE_CREDENTIAL, name)
    return body


def update(tx: Transaction, principal: Principal, name: str, wanted: Body) -> Body:
    """Change owner, comment, isolation or identity. Raises DatabricksError 400, 403, 404."""
    if wanted.get("azure_managed_identity"):
        before = securables.find(tx, STORAGE_CREDENTIAL, name)["azure_managed_identity"]
        wanted = {**wanted, "azure_managed_identity": _identity(tx, wanted, before["credential_id"])}
    return changes.update(tx, principal, STORAGE_CREDENTIAL, name, wanted, _CHANGEABLE)


def delete(tx: Transaction, principal: Principal, name: str, force: bool) -> None:
    """Delete a credential that no location uses; with `force` any. Raises DatabricksError 400, 403, 404."""
    access.require(tx, principal, STORAGE_CREDENTIAL, name, MANAGE)
    users = [body["name"] for body in securables.within(tx, EXTERNAL_LOCATION, "") if body["credential_name"] == name]
    if users and not force:
        raise invalid(
            f"Storage Credential '{name}' cannot be deleted because it is used by external locations: "
            f"{', '.join(users)}. Use the force option to delete it all the same.",
            "INVALID_STATE",
        )
    securables.remove(tx, STORAGE_CREDENTIAL, name)


def _identity(tx: Transaction, wanted: Body, credential_id: str) -> Body:
    identity = wanted.get("azure_managed_identity")
    if not identity:
        raise invalid("A storage credential of this metastore needs an azure_managed_identity.")
    connector_id = str(identity.get("access_connector_id") or "")
    if not wanted.get("skip_validation"):
        azure_access.require_connector(tx, connector_id)
    kept = {"access_connector_id": connector_id, "credential_id": credential_id}
    if identity.get("managed_identity_id"):
        kept["managed_identity_id"] = identity["managed_identity_id"]
    return kept
