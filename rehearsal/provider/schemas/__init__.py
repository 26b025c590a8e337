"""Schemas of the providers' resources, in the format of `terraform providers schema -json`, one JSON file per kind.

They are derived from the cdktf bindings (`bindings.py`), so that whatever the bindings can write the stand-in accepts.
`python -m rehearsal.provider.schemas` writes them again. They are files because Terraform starts the provider several
times per command, and parsing the bindings takes seconds.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PROVIDER = "provider"
KINDS = (
    "access_control_rule_set",
    "alert_v2",
    "budget_policy",
    "catalog",
    "cluster_policy",
    "dashboard",
    "directory",
    "external_location",
    "file",
    "grants",
    "group",
    "job",
    "metastore_assignment",
    "mlflow_experiment",
    "model_serving",
    "mws_ncc_binding",
    "mws_ncc_private_endpoint_rule",
    "mws_network_connectivity_config",
    "mws_permission_assignment",
    "notification_destination",
    "online_store",
    "permissions",
    "quality_monitor",
    "registered_model",
    "schema",
    "secret",
    "secret_acl",
    "secret_scope",
    "service_principal",
    "sql_endpoint",
    "sql_table",
    "storage_credential",
    "volume",
    "workspace_binding",
)
DATA_SOURCES = ("data_databricks_current_config",)


AZURERM_KINDS = (
    "databricks_access_connector",
    "databricks_workspace",
    "key_vault",
    "log_analytics_workspace",
    "logic_app_action_custom",
    "logic_app_trigger_http_request",
    "logic_app_workflow",
    "monitor_diagnostic_setting",
    "nat_gateway",
    "nat_gateway_public_ip_association",
    "network_security_group",
    "private_dns_zone",
    "private_dns_zone_virtual_network_link",
    "private_endpoint",
    "public_ip",
    "resource_group",
    "role_assignment",
    "storage_account",
    "storage_container",
    "subnet",
    "subnet_nat_gateway_association",
    "subnet_network_security_group_association",
    "user_assigned_identity",
    "virtual_network",
)
FAMILIES = {"databricks": (*KINDS, *DATA_SOURCES), "azurerm": AZURERM_KINDS}


def folder(family: str) -> Path:
    """Where the schemas of a provider are."""
    return FOLDER if family == "databricks" else FOLDER / family


@cache
def load(kind: str, family: str = "databricks") -> dict[str, Any]:
    """The schema's block of a kind (`catalog`, ..., or `provider`): {"attributes": ..., "block_types": ...}."""
    block: dict[str, Any] = json.loads((folder(family) / f"{kind}.json").read_text(encoding="utf-8"))
    return block


def version(family: str = "databricks") -> str:
    """The version of the real provider that the bindings were generated from."""
    return (folder(family) / "VERSION").read_text(encoding="utf-8").strip()
