"""Who holds what by a resource's values: one small reader for each resource type that gives access.

Principals and securables are as Terraform has them, ids included; `labels.py` knows their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Holding:
    """A privilege that a principal holds on a securable; `kind` says what the securable is."""

    principal: str
    kind: str
    securable: str
    privilege: str


Reader = Callable[[Values], Iterator[Holding]]

# Attributes of databricks_permissions by the words for what they name; the others are in their own words.
_OBJECTS = {
    "job_id": "job",
    "experiment_id": "experiment",
    "serving_endpoint_id": "endpoint",
    "sql_endpoint_id": "warehouse",
    "cluster_policy_id": "cluster policy",
    "dashboard_id": "dashboard",
    "alert_v2_id": "alert",
    "sql_alert_id": "alert",
    "directory_path": "folder",
}
_ENTITLEMENTS = ("allow_cluster_create", "allow_instance_pool_create", "databricks_sql_access", "workspace_access")


def _grants(values: Values) -> Iterator[Holding]:
    kind, securable = _first(values, skip=("id", "grant"))
    for grant in values.get("grant") or ():
        for privilege in grant.get("privileges") or ():
            yield Holding(str(grant.get("principal")), kind, securable, privilege)


def _grant(values: Values) -> Iterator[Holding]:
    kind, securable = _first(values, skip=("id", "principal", "privileges"))
    for privilege in values.get("privileges") or ():
        yield Holding(str(values.get("principal")), kind, securable, privilege)


def _permissions(values: Values) -> Iterator[Holding]:
    field, securable = _first(values, skip=("id", "object_type", "access_control"))
    kind = _OBJECTS.get(field.replace(" ", "_"), field.removesuffix(" id").removesuffix(" path"))
    for control in values.get("access_control") or ():
        principal = control.get("group_name") or control.get("service_principal_name") or control.get("user_name")
        yield Holding(str(principal), kind, securable, str(control.get("permission_level")))


def _secret_acl(values: Values) -> Iterator[Holding]:
    yield Holding(str(values["principal"]), "secret scope", str(values["scope"]), str(values["permission"]))


def _workspace_binding(values: Values) -> Iterator[Holding]:
    securable = values.get("securable_name") or values.get("catalog_name")
    binding = str(values.get("binding_type") or "BINDING_TYPE_READ_WRITE")
    kind = str(values.get("securable_type") or "catalog").replace("_", " ").lower()
    yield Holding(f"workspace {values['workspace_id']}", kind, str(securable), binding.removeprefix("BINDING_TYPE_"))


def _permission_assignment(values: Values) -> Iterator[Holding]:
    principal = next(
        (
            values[name]
            for name in ("principal_id", "group_name", "service_principal_name", "user_name")
            if values.get(name)
        ),
        "",
    )
    for permission in values.get("permissions") or ():
        yield Holding(str(principal), "workspace", str(values.get("workspace_id") or "(this one)"), str(permission))


def _group_member(values: Values) -> Iterator[Holding]:
    yield Holding(str(values["member_id"]), "group", str(values["group_id"]), "MEMBER")


def _entitlements(values: Values) -> Iterator[Holding]:
    principal = values.get("group_id") or values.get("service_principal_id") or values.get("user_id")
    for entitlement in _ENTITLEMENTS:
        if values.get(entitlement):
            yield Holding(str(principal), "workspace", "(this one)", entitlement.upper())


def _rule_set(values: Values) -> Iterator[Holding]:
    of = str(values["name"]).removesuffix("/ruleSets/default").rpartition("/")[2]
    for rule in values.get("grant_rules") or ():
        for principal in rule.get("principals") or ():
            name = str(principal).rpartition("/")[2]
            yield Holding(name, "rule set", of, str(rule["role"]).removeprefix("roles/"))


def _azure_role(values: Values) -> Iterator[Holding]:
    role = values.get("role_definition_name") or values.get("role_definition_id")
    yield Holding(str(values["principal_id"]), "Azure resource", str(values["scope"]), str(role))


def _first(values: Values, skip: tuple[str, ...]) -> tuple[str, str]:
    """The one attribute that is set besides those to skip: what the access is to."""
    for name, value in values.items():
        if name not in skip and isinstance(value, str) and value:
            return name.replace("_", " "), value
    return "", "?"


READERS: dict[str, Reader] = {
    "azurerm_role_assignment": _azure_role,
    "databricks_access_control_rule_set": _rule_set,
    "databricks_entitlements": _entitlements,
    "databricks_grant": _grant,
    "databricks_grants": _grants,
    "databricks_group_member": _group_member,
    "databricks_mws_permission_assignment": _permission_assignment,
    "databricks_permission_assignment": _permission_assignment,
    "databricks_permissions": _permissions,
    "databricks_secret_acl": _secret_acl,
    "databricks_workspace_binding": _workspace_binding,
}
