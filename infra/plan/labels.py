"""Names for the ids of a plan: of principals, which grants name by application id, and of what access is given to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.plan.changes import Plan, name_of, planned_values
from infra.plan.values import UNKNOWN

# Words of holdings for objects that are known by id, and the type and attribute that give it.
_ID_OF = {
    "job": ("databricks_job", "id"),
    "experiment": ("databricks_mlflow_experiment", "id"),
    "endpoint": ("databricks_model_serving", "serving_endpoint_id"),
    "warehouse": ("databricks_sql_endpoint", "id"),
    "cluster policy": ("databricks_cluster_policy", "id"),
    "dashboard": ("databricks_dashboard", "id"),
    "alert": ("databricks_alert_v2", "id"),
    "group": ("databricks_group", "id"),
}
_WORKSPACE_STACK = "-workspace"


class Labels:
    """What a plan tells of names.

    Args:
        plan: Terraform's.
        service_principals: the display name of each environment's, which no output tells.
    """

    def __init__(self, plan: Plan, service_principals: Mapping[str, str]) -> None:
        self._principals: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._objects: dict[tuple[str, str, str], str] = {}
        for resource in plan.get("resource_changes", []):
            name = name_of(resource)
            self._addresses[resource["address"]] = name
            for values in (resource["change"].get("before"), planned_values(resource)):
                self._learn(resource["type"], name, values or {})
        for stack, outputs in _other_stacks(plan):
            self._read(stack, outputs, service_principals)

    def principal(self, known: str) -> str:
        """A principal's name; what is not known by another stays as it is."""
        return self._principals.get(known) or self._addresses.get(known) or known

    def securable(self, kind: str, known: str) -> str:
        """The name of what access is given to."""
        type_, attribute = _ID_OF.get(kind, ("", ""))
        if found := self._objects.get((type_, attribute, known)) or self._addresses.get(known):
            return found
        if kind == "rule set":
            return self.principal(known)
        if kind == "workspace":
            return self.principal(f"workspace {known}").removeprefix("workspace ")
        return known.rpartition("/")[2] if known.startswith("/subscriptions/") else known

    def _learn(self, type_: str, name: str, values: Mapping[str, Any]) -> None:
        for attribute in ("id", "serving_endpoint_id"):
            if isinstance(values.get(attribute), str):
                self._objects[(type_, attribute, values[attribute])] = name
        if type_ in ("databricks_service_principal", "databricks_group", "databricks_user"):
            self._name(name, values.get("id"), values.get("application_id"))
        for identity in values.get("identity") or ():
            kind = type_.removeprefix("azurerm_").replace("_", " ")
            if isinstance(identity, Mapping):
                self._name(f"{kind} {name}", identity.get("principal_id"))
        if type_ == "azurerm_databricks_workspace":
            self._name(f"workspace {name}", values.get("workspace_id"), prefix="workspace ")

    def _read(self, stack: str, outputs: Mapping[str, Any], service_principals: Mapping[str, str]) -> None:
        for environment, ids in (outputs.get("service_principals") or {}).items():
            self._name(service_principals.get(environment, environment), ids["id"], ids["application_id"])
        for group, identifier in (outputs.get("group_ids") or {}).items():
            self._name(group, identifier)
        if stack.endswith(_WORKSPACE_STACK):
            environment = stack.removesuffix(_WORKSPACE_STACK)
            self._name(f"workspace {environment}", outputs.get("workspace_id"), prefix="workspace ")
            for model, identifier in (outputs.get("retrain_principals") or {}).items():
                self._name(f"{environment}'s Logic App of {model}", identifier)

    def _name(self, name: str, *identifiers: Any, prefix: str = "") -> None:
        for identifier in identifiers:
            if identifier is not None and identifier != UNKNOWN:
                self._principals[f"{prefix}{identifier}"] = name


def _other_stacks(plan: Plan) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The outputs that the stack reads, by the name of the stack that gives them."""
    for resource in plan.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", []):
        if resource["type"] == "terraform_remote_state":
            yield resource["name"], resource["values"].get("outputs") or {}
