"""What audit logs call a request: a service and an action.

https://learn.microsoft.com/azure/databricks/admin/account-settings/audit-logs. Where Databricks' name of an action is
not the function's that answers it, it stands below; all others are the function's, in Databricks' spelling (getTable).
"""

from __future__ import annotations

_PACKAGE = "rehearsal.workspace."
SERVICES = {
    "account": "accounts",
    "cluster_policies": "clusterPolicies",
    "identity": "accounts",
    "monitoring": "lakehouseMonitoring",
    "notifications": "notification",
    "online_store": "onlineTables",
    "permissions": "iamRole",
    "serving": "serverlessRealTimeInference",
    "sql": "databrickssql",
    "system_tables": "unityCatalog",
    "unity_catalog": "unityCatalog",
    "workspace_objects": "workspace",
}
_ACTIONS = {
    ("identity", "create_token"): "generateDbToken",
    ("identity", "delete_token"): "revokeDbToken",
    ("identity", "token"): "mintOAuthToken",
    ("secrets", "put_secret"): "putSecret",
    ("unity_catalog", "update_grants"): "updatePermissions",
    ("unity_catalog", "get_grants"): "getPermissions",
    ("unity_catalog", "create_model"): "createRegisteredModel",
    ("unity_catalog", "update_model"): "updateRegisteredModel",
    ("unity_catalog", "delete_model"): "deleteRegisteredModel",
    ("unity_catalog", "get_model"): "getRegisteredModel",
    ("unity_catalog", "list_models"): "listRegisteredModels",
    ("unity_catalog", "get_version"): "getModelVersion",
}
UNKNOWN = ("unknown", "unknown")


def named(module: str, function: str) -> tuple[str, str, str]:
    """(our service, Databricks' service, action) of a function that answers requests."""
    folder = module.removeprefix(_PACKAGE).partition(".")[0]
    action = _ACTIONS.get((folder, function)) or _camel(function)
    ours = "oauth" if module.endswith(".oauth_routes") else folder
    return ours, SERVICES.get(folder, folder), action


def _camel(name: str) -> str:
    first, *rest = name.strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)
