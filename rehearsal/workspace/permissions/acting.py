"""As whom a job or an alert of somebody's may run: administrators name any user, but no service principal unasked."""

from __future__ import annotations

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import denied
from rehearsal.workspace.permissions import rule_sets
from rehearsal.workspace.store import Transaction


def require_run_as(tx: Transaction, caller: Principal, target: Principal) -> None:
    """Refuse unless the caller may set `run_as` to the target. Raises DatabricksError 403.

    https://learn.microsoft.com/azure/databricks/admin/workspace-settings/restrict-workspace-admins
    """
    if target.name == caller.name:
        return
    refusal = f"User {caller.name} does not have permission to make it run as {target.name}"
    if target.kind == "service_principal":
        if not rule_sets.holds(tx, caller, rule_sets.SERVICE_PRINCIPALS, target.name, rule_sets.USER):
            raise denied(f"{refusal}: the role servicePrincipal.user on the service principal is required.")
    elif not caller.is_admin:
        raise denied(f"{refusal}.")
