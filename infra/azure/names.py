"""Names of Azure resources: kind, project, environment and, where there are several, which one."""

from __future__ import annotations

from typing import Literal

from environments.settings import Environment, Model

Kind = Literal[
    "resource group",
    "virtual network",
    "subnet",
    "network security group",
    "NAT gateway",
    "public IP address",
    "private endpoint",
    "network connectivity",
    "access connector",
    "databricks workspace",
    "log analytics workspace",
    "diagnostic setting",
    "managed identity",
    "logic app",
]

# The abbreviations of the Cloud Adoption Framework.
# https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-abbreviations
ABBREVIATIONS: dict[Kind, str] = {
    "resource group": "rg",
    "virtual network": "vnet",
    "subnet": "snet",
    "network security group": "nsg",
    "NAT gateway": "ng",
    "public IP address": "pip",
    "private endpoint": "pep",
    "network connectivity": "ncc",
    "access connector": "dbac",
    "databricks workspace": "dbw",
    "log analytics workspace": "log",
    "diagnostic setting": "diag",
    "managed identity": "id",
    "logic app": "logic",
}


def azure_name(environment: Environment, kind: Kind, which: str = "") -> str:
    """The name, such as `dbw-understudy-staging`. Storage accounts and key vaults have theirs in the settings."""
    name = f"{ABBREVIATIONS[kind]}-understudy-{environment.name}"
    return f"{name}-{which.replace('_', '-')}" if which else name


def retrain_identity(environment: Environment, model: Model) -> str:
    """The identity of the Logic App that starts the model's training; Databricks shows it by this name, too."""
    return azure_name(environment, "managed identity", f"retrain-{model.name}")
