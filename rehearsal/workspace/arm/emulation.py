"""What the local Azure says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Azure Resource Manager",
    summary="Resources by their ids, as azurerm puts them; some of them do something.",
    works=(
        "sign-in of service principals by Microsoft Entra's token endpoint, and role assignments",
        "a `Microsoft.Databricks/workspaces` opens a workspace; deleting it closes the workspace",
        "storage accounts and containers are folders that Unity Catalog's locations reach through access "
        "connectors with a role on them",
        "Logic Apps with an HTTP trigger really run their actions, by their managed identity, and keep a "
        "history of runs",
        "networks, endpoints, DNS zones, key vaults and diagnostic settings are kept, checked against each "
        "other, and refused when what they name is missing",
    ),
    differs=(
        "operations are done when they are answered: nothing is asynchronous",
        "networks carry no traffic; a storage account's firewall bars Spark and SQL of workspaces without a private "
        "endpoint rule to it, other firewalls bar nobody",
        "roles decide about data of storage accounts; whoever signs in to Azure may manage all resources",
        "a deleted workspace's content is there again when the workspace is made again",
    ),
    refused=("types of resources that the stacks do not use",),
)
