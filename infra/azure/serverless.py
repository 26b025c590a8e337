"""The way of serverless compute to the storage account.

Serverless compute runs in a network of Databricks', so the private endpoints of ours do not serve it: the account gets
private endpoints there, too. Azure asks the account's owner to approve them, once, which Terraform cannot do.
https://learn.microsoft.com/azure/databricks/security/network/serverless-network-security/serverless-private-link
"""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_azurerm.storage_account import StorageAccount
from cdktf_cdktf_provider_databricks.mws_ncc_binding import MwsNccBinding
from cdktf_cdktf_provider_databricks.mws_ncc_private_endpoint_rule import MwsNccPrivateEndpointRule
from cdktf_cdktf_provider_databricks.mws_network_connectivity_config import MwsNetworkConnectivityConfig
from constructs import Construct

from environments.settings import Environment
from infra.azure.names import azure_name

# Data Lake clients use both: what the one interface lacks, they ask of the other.
PARTS = ("blob", "dfs")


@dataclass(frozen=True)
class ServerlessNetwork:
    """The part of Databricks' network that a workspace's serverless compute is given, and its endpoints."""

    network: MwsNetworkConnectivityConfig
    endpoints: list[MwsNccPrivateEndpointRule]


def add_serverless_network(scope: Construct, environment: Environment, storage: StorageAccount) -> ServerlessNetwork:
    """Add it, with endpoints to the account.

    A workspace must depend on it: nothing but the workspace's end takes the two apart again.
    """
    network = MwsNetworkConnectivityConfig(
        scope, "serverless", name=azure_name(environment, "network connectivity"), region=environment.azure.location
    )
    endpoints = [
        MwsNccPrivateEndpointRule(
            scope,
            f"serverless-storage-{part}",
            network_connectivity_config_id=network.network_connectivity_config_id,
            resource_id=storage.id,
            group_id=part,
        )
        for part in PARTS
    ]
    return ServerlessNetwork(network, endpoints)


def add_serverless_binding(scope: Construct, workspace_id: float, serverless: ServerlessNetwork) -> None:
    """Let the workspace's serverless compute use it."""
    MwsNccBinding(
        scope,
        "serverless-workspace",
        network_connectivity_config_id=serverless.network.network_connectivity_config_id,
        workspace_id=workspace_id,
        depends_on=serverless.endpoints,
    )
