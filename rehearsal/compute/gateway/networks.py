"""Which storage the compute of a workspace reaches: what the firewall of an account leaves to private endpoints."""

from __future__ import annotations

from pathlib import Path

from rehearsal.compute.gateway import refusals
from rehearsal.workspace.account import network_connectivity
from rehearsal.workspace.arm import resources
from rehearsal.workspace.arm import storage as azure_storage
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import storage


def require_way(tx: Transaction, workspace: str, location: str | Path | None) -> None:
    """Refuse compute without a way to where a table or file lies, whatever its principal may do. Raises Refusal."""
    name = storage.azure_account(location) if location else None
    named = tx.get(azure_storage.NAME, name) if name else None
    account = resources.find(tx, named["id"]) if named else None
    if account and _closed(account) and not network_connectivity.reaches(tx, workspace, account["id"], "dfs"):
        raise refusals.barred_by_firewall(str(storage.public_location(location)))


def _closed(account: Body) -> bool:
    properties = account.get("properties", {})
    denies = (properties.get("networkAcls") or {}).get("defaultAction") == "Deny"
    return denies or properties.get("publicNetworkAccess") == "Disabled"
