"""Azure's resource types, by the service they belong to; the list of all is what the provider offers."""

from __future__ import annotations

from rehearsal.provider.azure.resources.association import (
    NatGatewayPublicIpAssociation,
    SubnetNatGatewayAssociation,
    SubnetNetworkSecurityGroupAssociation,
)
from rehearsal.provider.azure.resources.databricks import DatabricksAccessConnector, DatabricksWorkspace
from rehearsal.provider.azure.resources.identity import UserAssignedIdentity
from rehearsal.provider.azure.resources.key_vault import KeyVault
from rehearsal.provider.azure.resources.logic_app import (
    LogicAppActionCustom,
    LogicAppTriggerHttpRequest,
    LogicAppWorkflow,
)
from rehearsal.provider.azure.resources.monitor import LogAnalyticsWorkspace, MonitorDiagnosticSetting
from rehearsal.provider.azure.resources.network import (
    NatGateway,
    NetworkSecurityGroup,
    PublicIp,
    Subnet,
    VirtualNetwork,
)
from rehearsal.provider.azure.resources.private_dns import PrivateDnsZone, PrivateDnsZoneVirtualNetworkLink
from rehearsal.provider.azure.resources.private_endpoint import PrivateEndpoint
from rehearsal.provider.azure.resources.resource_group import ResourceGroup
from rehearsal.provider.azure.resources.role_assignment import RoleAssignment
from rehearsal.provider.azure.resources.storage import StorageAccount, StorageContainer
from rehearsal.provider.kind import Kind

KINDS: tuple[Kind, ...] = (
    DatabricksAccessConnector(),
    DatabricksWorkspace(),
    KeyVault(),
    LogAnalyticsWorkspace(),
    LogicAppActionCustom(),
    LogicAppTriggerHttpRequest(),
    LogicAppWorkflow(),
    MonitorDiagnosticSetting(),
    NatGateway(),
    NatGatewayPublicIpAssociation(),
    NetworkSecurityGroup(),
    PrivateDnsZone(),
    PrivateDnsZoneVirtualNetworkLink(),
    PrivateEndpoint(),
    PublicIp(),
    ResourceGroup(),
    RoleAssignment(),
    StorageAccount(),
    StorageContainer(),
    Subnet(),
    SubnetNatGatewayAssociation(),
    SubnetNetworkSecurityGroupAssociation(),
    UserAssignedIdentity(),
    VirtualNetwork(),
)
