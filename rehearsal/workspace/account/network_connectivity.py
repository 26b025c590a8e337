"""Network connectivity configurations: the private endpoints through which serverless compute leaves its network.

https://learn.microsoft.com/azure/databricks/security/network/serverless-network-security/
"""

from __future__ import annotations

import time
import uuid

from databricks.sdk.service.settings import (
    CreatePrivateEndpointRule,
    NccPrivateEndpointRule,
    NccPrivateEndpointRulePrivateLinkConnectionState,
    NetworkConnectivityConfiguration,
)

from rehearsal.workspace.account.workspaces import require_workspace
from rehearsal.workspace.arm import resources
from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.errors import DatabricksError, already_exists, invalid, not_found
from rehearsal.workspace.identity.installation import ACCOUNT_ID, workspace_id
from rehearsal.workspace.store import Body, Transaction

KIND = "network_connectivity"
RULE = "network_connectivity_rule"
BINDING = "network_connectivity_binding"


def create(tx: Transaction, body: Body) -> Body:
    """A new configuration. Raises DatabricksError 400 or 409."""
    wanted = parsed(NetworkConnectivityConfiguration, body)
    if not wanted.name or not wanted.region:
        raise invalid("name and region are required.")
    if any(other["name"] == wanted.name and other["region"] == wanted.region for other in tx.list(KIND)):
        raise already_exists(f"A network connectivity configuration {wanted.name} exists in {wanted.region}.")
    now = int(time.time() * 1000)
    made = NetworkConnectivityConfiguration(
        name=wanted.name, region=wanted.region, account_id=ACCOUNT_ID, creation_time=now, updated_time=now,
        network_connectivity_config_id=str(uuid.uuid4()),
    )  # fmt: skip
    stored: Body = made.as_dict()
    tx.put(KIND, stored["network_connectivity_config_id"], stored)
    return stored


def get(tx: Transaction, config_id: str) -> Body:
    """One configuration. Raises DatabricksError 404."""
    found = tx.get(KIND, config_id)
    if found is None:
        raise not_found(f"Network connectivity configuration {config_id} does not exist.")
    return found


def delete(tx: Transaction, config_id: str) -> None:
    """Remove a configuration with its rules. Raises DatabricksError 404, or 400 while a workspace uses it."""
    get(tx, config_id)
    bound = [key for key, binding in tx.items(BINDING) if binding["network_connectivity_config_id"] == config_id]
    if bound:
        message = f"Network connectivity configuration {config_id} is attached to workspaces {', '.join(bound)}"
        raise DatabricksError(400, "INVALID_STATE", f"{message} and cannot be deleted.")
    for rule in rules(tx, config_id):
        tx.delete(RULE, f"{config_id}/{rule['rule_id']}")
    tx.delete(KIND, config_id)


def add_rule(tx: Transaction, config_id: str, body: Body) -> Body:
    """A new rule: an endpoint of a part of one of Azure's resources. Raises DatabricksError 404, 400 or 409."""
    get(tx, config_id)
    wanted = parsed(CreatePrivateEndpointRule, body)
    if not wanted.resource_id or not wanted.group_id:
        raise invalid("resource_id and group_id are required.")
    if resources.find(tx, wanted.resource_id) is None:
        raise invalid(f"Azure has no resource {wanted.resource_id}.")
    for other in rules(tx, config_id):
        if (other["resource_id"], other["group_id"]) == (wanted.resource_id, wanted.group_id):
            raise already_exists(f"A rule for {wanted.group_id} of {wanted.resource_id} exists.")
    now, number = int(time.time() * 1000), str(uuid.uuid4())
    made = NccPrivateEndpointRule(
        network_connectivity_config_id=config_id, rule_id=number, resource_id=wanted.resource_id,
        group_id=wanted.group_id, endpoint_name=f"databricks-{config_id[:8]}-pe-{number[:8]}",
        connection_state=NccPrivateEndpointRulePrivateLinkConnectionState.PENDING,
        account_id=ACCOUNT_ID, creation_time=now, updated_time=now, deactivated=False,
    )  # fmt: skip
    stored: Body = made.as_dict()
    # The resource's owner approves it in Azure; here he has done so when somebody looks again.
    approved = NccPrivateEndpointRulePrivateLinkConnectionState.ESTABLISHED.value
    tx.put(RULE, f"{config_id}/{number}", {**stored, "connection_state": approved})
    return stored


def rules(tx: Transaction, config_id: str) -> list[Body]:
    """A configuration's rules."""
    return tx.list(RULE, f"{config_id}/")


def reaches(tx: Transaction, workspace: str, resource_id: str, group_id: str) -> bool:
    """Has a workspace's serverless compute an endpoint that leads to that part of the resource?"""
    number = workspace_id(workspace)
    config_id = bound(tx, number) if number is not None else None
    return config_id is not None and any(
        (rule["resource_id"].lower(), rule["group_id"]) == (resource_id.lower(), group_id)
        and rule["connection_state"] == NccPrivateEndpointRulePrivateLinkConnectionState.ESTABLISHED.value
        for rule in rules(tx, config_id)
    )


def get_rule(tx: Transaction, config_id: str, rule_id: str) -> Body:
    """One rule. Raises DatabricksError 404."""
    found = tx.get(RULE, f"{config_id}/{rule_id}")
    if found is None:
        raise not_found(f"Private endpoint rule {rule_id} of {config_id} does not exist.")
    return found


def delete_rule(tx: Transaction, config_id: str, rule_id: str) -> Body:
    """Remove a rule; one that was never approved goes at once."""
    found = get_rule(tx, config_id, rule_id)
    tx.delete(RULE, f"{config_id}/{rule_id}")
    return found


def bind(tx: Transaction, workspace: int, config_id: str) -> None:
    """Let a workspace's serverless compute use a configuration. Raises DatabricksError 404."""
    require_workspace(workspace)
    get(tx, config_id)
    tx.put(BINDING, str(workspace), {"network_connectivity_config_id": config_id})


def bound(tx: Transaction, workspace: int) -> str | None:
    """The configuration that a workspace uses, or None."""
    found = tx.get(BINDING, str(workspace))
    return found["network_connectivity_config_id"] if found else None
