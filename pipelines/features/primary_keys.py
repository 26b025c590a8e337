"""A table with a primary key is a feature table in Unity Catalog; Terraform's tables get theirs here."""

from __future__ import annotations

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import PrimaryKeyConstraint, TableConstraint

from environments.settings import TableContract


def declare_primary_key(workspace: WorkspaceClient, full_name: str, contract: TableContract) -> bool:
    """Give the table the primary key of its contract if it has none; True if it was given."""
    constraints = workspace.tables.get(full_name).table_constraints or []
    if any(constraint.primary_key_constraint for constraint in constraints):
        return False
    workspace.table_constraints.create(
        full_name_arg=full_name,
        constraint=TableConstraint(primary_key_constraint=primary_key(full_name, contract)),
    )
    return True


def primary_key(full_name: str, contract: TableContract) -> PrimaryKeyConstraint:
    """The constraint to declare, with the time key as its timeseries column where it is part of it."""
    return PrimaryKeyConstraint(
        name=f"{full_name.rsplit('.', 1)[-1]}_pk",
        child_columns=list(contract.primary_key),
        timeseries_columns=[contract.time_key] if contract.time_key in contract.primary_key else None,
    )
