"""Workspace bindings: from which workspaces an isolated catalog, external location or storage credential can be used.

Mirrors https://learn.microsoft.com/azure/databricks/catalogs/binding: bindings stand above grants and ownership; a
workspace that is bound for reading refuses every write, whoever tries. What can be done to the object itself, such as
binding it, its managers can do from anywhere. Pure functions first, then what is stored.
"""

from __future__ import annotations

from databricks.sdk.service.catalog import WorkspaceBinding, WorkspaceBindingBindingType

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import DatabricksError, denied, invalid, not_found
from rehearsal.workspace.identity.installation import workspace_id, workspace_of
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import securables
from rehearsal.workspace.unity_catalog.privileges import BROWSE, CATALOG, Chain, Securable

READ_WRITE = WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE.value
READ_ONLY = WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY.value
# All that a read-only binding leaves of whatever is granted.
READING = frozenset({BROWSE, "USE_CATALOG", "USE_SCHEMA", "SELECT", "READ_VOLUME", "EXECUTE"})


def hindrance(chain: Chain, workspace: int | None, privilege: str) -> Securable | None:
    """The object of the chain whose bindings keep the privilege from being used in the workspace, if one does."""
    for securable in chain:
        if securable.bindings is None:
            continue
        binding = securable.bindings.get(workspace) if workspace is not None else None
        if binding != READ_WRITE and not (binding == READ_ONLY and privilege in READING):
            return securable
    return None


def refusal(securable: Securable, workspace: int | None) -> DatabricksError:
    """The error in Databricks' words."""
    spoken = f"{securables.SPOKEN[securable.kind]} '{securable.name}'"
    if workspace in (securable.bindings or {}):
        return denied(f"{spoken} is read-only in current workspace: it is bound to it as {READ_ONLY}.")
    return denied(f"{spoken} is not accessible in current workspace")


def read(tx: Transaction, kind: str, full_name: str) -> list[WorkspaceBinding]:
    """The object's bindings; they count while it is isolated only. Checks no privilege."""
    held = tx.get(securables.BINDINGS, securables.grants_key(kind, full_name)) or {}
    return [
        WorkspaceBinding(workspace_id=int(number), binding_type=WorkspaceBindingBindingType(binding))
        for number, binding in held.items()
    ]


def change(
    tx: Transaction, kind: str, full_name: str, add: list[WorkspaceBinding], remove: list[WorkspaceBinding]
) -> list[WorkspaceBinding]:
    """Bind and unbind workspaces; all changes or none. The caller has checked privileges.

    A workspace that is bound already gets the new type of binding; unbinding what is not bound is no error.

    Raises DatabricksError: 404 for an unknown workspace, 400 for a read-only binding of anything but a catalog.
    """
    held = {item.workspace_id: item.binding_type for item in read(tx, kind, full_name)}
    for item in remove:
        held.pop(item.workspace_id, None)
    for item in add:
        held[item.workspace_id] = _checked(kind, item)
    kept = {str(number): binding.value for number, binding in sorted(held.items()) if binding}
    tx.put(securables.BINDINGS, securables.grants_key(kind, full_name), kept)
    return read(tx, kind, full_name)


def bind_current(tx: Transaction, principal: Principal, kind: str, full_name: str) -> None:
    """Bind a new isolated object to the workspace that it is made from: nobody could use it otherwise."""
    number = workspace_id(principal.workspace)
    if number is not None:
        change(tx, kind, full_name, [WorkspaceBinding(workspace_id=number)], [])


def _checked(kind: str, item: WorkspaceBinding) -> WorkspaceBindingBindingType:
    if workspace_of(item.workspace_id) is None:
        raise not_found(f"Workspace {item.workspace_id} does not exist.", "WORKSPACE_DOES_NOT_EXIST")
    binding = item.binding_type or WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE
    # https://github.com/databricks/terraform-provider-databricks/issues/4978: a limit of Unity Catalog itself.
    if binding.value == READ_ONLY and kind != CATALOG:
        raise invalid(f"Binding type {READ_ONLY} is not supported for {securables.SPOKEN[kind].lower()}s.")
    return binding
