"""A workspace and all that lies around it on Azure: the same class makes those of dev, staging and prod."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import Fn, TerraformLocal, TerraformOutput, TerraformStack, Token
from cdktf_cdktf_provider_azurerm.databricks_workspace import DatabricksWorkspace
from cdktf_cdktf_provider_azurerm.provider import (
    AzurermProvider,
    AzurermProviderFeatures,
    AzurermProviderFeaturesStorage,
)
from constructs import Construct

from environments.settings import Account, Environment, Model
from infra import outputs
from infra.access import people
from infra.azure.assignment import Principal, add_assignments, add_to_account
from infra.azure.databricks_workspace import add_workspace
from infra.azure.diagnostics import Observed, add_diagnostics
from infra.azure.key_vault import add_key_vault
from infra.azure.logic_app import add_logic_app
from infra.azure.network import add_network
from infra.azure.private_endpoints import Target, add_private_endpoints
from infra.azure.resource_group import add_resource_group
from infra.azure.serverless import add_serverless_binding, add_serverless_endpoints
from infra.azure.storage import add_storage
from infra.databricks import add_databricks
from infra.outputs import Outputs
from infra.state import add_backend
from infra.workspace_access import readers


class WorkspaceStack(TerraformStack):
    """The stack of an environment's workspace."""

    def __init__(self, app: Construct, account: Account, environment: Environment, models: Sequence[Model]) -> None:
        name = outputs.workspace_stack(environment)
        super().__init__(app, name)
        add_backend(self, name, environment.state)
        _add_azure(self, environment)
        add_databricks(self, account.profile)

        group = add_resource_group(self, environment)
        network = add_network(self, environment, group)
        storage = add_storage(self, environment, group)
        vault = add_key_vault(self, environment, group)
        workspace = add_workspace(self, environment, group, network)
        workspace_id = Token.as_number(workspace.workspace_id)
        address = _address(self, workspace)
        retrain = {model.name: add_logic_app(self, environment, model, group, address) for model in models}

        targets = [
            Target("storage-dfs", storage.account.id, "dfs"),
            Target("storage-blob", storage.account.id, "blob"),
            Target("key-vault", vault.id, "vault"),
            Target("workspace", workspace.id, "databricks_ui_api"),
        ]
        if not environment.azure.public_workspace_access:
            # People sign in from within the network as well.
            targets.append(Target("sign-in", workspace.id, "browser_authentication"))
        add_private_endpoints(self, environment, group, network, targets)

        shared = Outputs(self, outputs.ACCOUNT, account.state)
        networks = {
            name: shared.text(outputs.SERVERLESS_NETWORK_IDS, name)
            for name in (environment.name, *(reader.workspace for reader in readers(environment)))
        }
        endpoints = {
            name: add_serverless_endpoints(self, name, network, storage.account) for name, network in networks.items()
        }
        add_serverless_binding(self, workspace_id, networks[environment.name], endpoints[environment.name])

        blobs = f"{storage.account.id}/blobServices/default"
        observed = {
            "workspace": Observed(workspace.id),
            "key-vault": Observed(vault.id, ("AllMetrics",)),
            "storage": Observed(blobs, ("Capacity", "Transaction")),
            **{f"retrain-{model}": Observed(logic.workflow.id, ("AllMetrics",)) for model, logic in retrain.items()},
        }
        add_diagnostics(self, environment, group, observed)

        groups = environment.groups
        principals = {
            name: Principal(shared.number(outputs.GROUP_IDS, name), admin=name == groups.platform_engineers)
            for name in sorted({*people(environment), groups.data_producers, groups.platform_engineers})
        }
        principals["jobs"] = Principal(shared.number(outputs.SERVICE_PRINCIPALS, environment.name, "id"))
        for model, logic in retrain.items():
            known = add_to_account(self, f"retrain-{model}", logic.identity)
            principals[f"retrain-{model}"] = Principal(Token.as_number(known.id))
        add_assignments(self, account, workspace_id, principals)

        TerraformOutput(self, outputs.WORKSPACE_URL, value=workspace.workspace_url)
        TerraformOutput(self, outputs.WORKSPACE_ID, value=workspace.workspace_id)
        TerraformOutput(self, outputs.ACCESS_CONNECTOR_ID, value=storage.connector.id)
        TerraformOutput(self, outputs.STORAGE_URL, value=storage.url)
        TerraformOutput(self, outputs.KEY_VAULT_ID, value=vault.id)
        TerraformOutput(self, outputs.KEY_VAULT_URI, value=vault.vault_uri)
        # Who knows such an address may start the job.
        TerraformOutput(
            self, outputs.RETRAIN_URLS, value={model: logic.url for model, logic in retrain.items()}, sensitive=True
        )
        TerraformOutput(
            self,
            outputs.RETRAIN_PRINCIPALS,
            value={model: logic.identity.client_id for model, logic in retrain.items()},
        )


def _add_azure(scope: Construct, environment: Environment) -> None:
    AzurermProvider(
        scope,
        "azurerm",
        subscription_id=environment.azure.subscription_id,
        tenant_id=environment.azure.tenant_id,
        # Its resource providers are registered once, by who owns the subscription.
        resource_provider_registrations="none",
        storage_use_azuread=True,
        # The storage account has private addresses only: it is made and read by Azure Resource Manager alone.
        features=[AzurermProviderFeatures(storage=[AzurermProviderFeaturesStorage(data_plane_available=False)])],
    )


def _address(scope: Construct, workspace: DatabricksWorkspace) -> str:
    """The workspace's address with its scheme, https unless it names one: as the Databricks SDKs take a host."""
    address = TerraformLocal(
        scope, "workspace_address", Fn.replace(workspace.workspace_url, "/^([^:]+)$/", "https://$1")
    )
    return address.as_string
