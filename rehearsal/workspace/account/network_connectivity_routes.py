"""HTTP of network connectivity configurations and their rules."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.account import network_connectivity
from rehearsal.workspace.account.administration import AdminDep
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/accounts/{account_id}/network-connectivity-configs")
RULES = "/{config_id}/private-endpoint-rules"


@router.post("")
def create(body: Body, call: AdminDep) -> dict[str, Any]:
    """A new configuration."""
    with call.store.transaction() as tx:
        return network_connectivity.create(tx, body)


@router.get("")
def list_configurations(call: AdminDep) -> dict[str, Any]:
    """All configurations."""
    with call.store.transaction() as tx:
        return {"items": tx.list(network_connectivity.KIND)}


@router.get("/{config_id}")
def get(config_id: str, call: AdminDep) -> dict[str, Any]:
    """One configuration."""
    with call.store.transaction() as tx:
        return network_connectivity.get(tx, config_id)


@router.delete("/{config_id}")
def delete(config_id: str, call: AdminDep) -> dict[str, Any]:
    """Remove a configuration."""
    with call.store.transaction() as tx:
        network_connectivity.delete(tx, config_id)
    return {}


@router.post(RULES)
def create_rule(config_id: str, body: Body, call: AdminDep) -> dict[str, Any]:
    """A new rule."""
    with call.store.transaction() as tx:
        return network_connectivity.add_rule(tx, config_id, body)


@router.get(RULES)
def list_rules(config_id: str, call: AdminDep) -> dict[str, Any]:
    """A configuration's rules."""
    with call.store.transaction() as tx:
        network_connectivity.get(tx, config_id)
        return {"items": network_connectivity.rules(tx, config_id)}


@router.get(f"{RULES}/{{rule_id}}")
def get_rule(config_id: str, rule_id: str, call: AdminDep) -> dict[str, Any]:
    """One rule."""
    with call.store.transaction() as tx:
        return network_connectivity.get_rule(tx, config_id, rule_id)


@router.delete(f"{RULES}/{{rule_id}}")
def delete_rule(config_id: str, rule_id: str, call: AdminDep) -> dict[str, Any]:
    """Remove a rule."""
    with call.store.transaction() as tx:
        return network_connectivity.delete_rule(tx, config_id, rule_id)
