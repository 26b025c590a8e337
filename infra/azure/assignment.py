"""What ties the workspace to the Databricks account: its metastore, and who may enter it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity
from cdktf_cdktf_provider_databricks.metastore_assignment import MetastoreAssignment
from cdktf_cdktf_provider_databricks.mws_permission_assignment import MwsPermissionAssignment
from cdktf_cdktf_provider_databricks.service_principal import ServicePrincipal
from constructs import Construct

from environments.settings import Account


@dataclass(frozen=True)
class Principal:
    """A group or service principal of the account, by its id there; an admin deploys the environment's stack."""

    id: float
    admin: bool = False


def add_assignments(
    scope: Construct, account: Account, workspace_id: float, principals: Mapping[str, Principal]
) -> None:
    """Assign the metastore, then the principals, by a name, to the workspace.

    What users may do there, the environment's stack says.
    """
    metastore = MetastoreAssignment(scope, "metastore", metastore_id=account.metastore_id, workspace_id=workspace_id)
    for name, principal in principals.items():
        MwsPermissionAssignment(
            scope,
            f"assigned-{name}",
            workspace_id=workspace_id,
            principal_id=principal.id,
            permissions=["ADMIN" if principal.admin else "USER"],
            depends_on=[metastore],
        )


def add_to_account(scope: Construct, name: str, identity: UserAssignedIdentity) -> ServicePrincipal:
    """Make an identity of Azure's known to the account; both call it by its application id."""
    return ServicePrincipal(scope, f"principal-{name}", display_name=identity.name, application_id=identity.client_id)
