"""The way of serverless compute to storage accounts.

Serverless compute runs in a network of Databricks', so the private endpoints of ours do not serve it: each workspace's
part of that network gets private endpoints to the accounts that the workspace reads, its own and other environments'.
Azure asks an account's owner to approve them, once, which Terraform cannot do: they are made where the account is.
https://learn.microsoft.com/azure/databricks/security/network/serverless-network-security/serverless-private-link
"""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount
from cdktf_cdktf_provider_databricks.mws_ncc_binding import MwsNccBinding
from cdktf_cdktf_provider_databricks.mws_ncc_private_endpoint_rule import MwsNccPrivateEndpointRule
from cdktf_cdktf_provider_databricks.mws_network_connectivity_config import MwsNetworkConnectivityConfig
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name

# Data Lake clients use both: what the one interface lacks, they ask of the other.
PARTS = ("blob", "dfs")


def add_serverless_network(scope: Construct, environment: Environment) -> MwsNetworkConnectivityConfig:
    """Add the part of Databricks' network that the serverless compute of the environment's workspace is given.

    It is the account's: owners of storage let others' networks in before those have workspaces, and only the end of its
    workspace frees it to be destroyed.
    """
    return MwsNetworkConnectivityConfig(
        scope,
        f"serverless-{environment.name}",
        name=azure_name(environment, "network connectivity"),
        region=environment.azure.location,
    )


def add_serverless_endpoints(
    scope: Construct, name: str, network: str, storage: StorageAccount
) -> list[MwsNccPrivateEndpointRule]:
    """Add endpoints to the storage account in the network of the environment of that name, which reads there."""
    return [
        MwsNccPrivateEndpointRule(
            scope,
            f"serverless-{name}-storage-{part}",
            network_connectivity_config_id=network,
            resource_id=storage.id,
            group_id=part,
        )
        for part in PARTS
    ]


def add_serverless_binding(
    scope: Construct, workspace_id: float, network: str, endpoints: list[MwsNccPrivateEndpointRule]
) -> None:
    """Let the workspace's serverless compute use its network, once that has its endpoints."""
    MwsNccBinding(
        scope,
        "serverless-workspace",
        network_connectivity_config_id=network,
        workspace_id=workspace_id,
        depends_on=endpoints,
    )
