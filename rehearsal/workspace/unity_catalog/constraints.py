"""Primary and foreign keys: informational, as on Databricks, but a primary key's columns must exist and be NOT NULL."""

from __future__ import annotations

from databricks.sdk.service.catalog import ColumnInfo, TableConstraint, TableInfo

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import already_exists, invalid, not_found
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, securables, tables
from rehearsal.workspace.unity_catalog.privileges import MANAGE, TABLE


def create(
    tx: Transaction, principal: Principal, full_name: str, constraint: TableConstraint, columns: list[ColumnInfo]
) -> TableConstraint:
    """Add a key to a table. Raises DatabricksError: 403 to those who may not manage it, 400, 404, 409."""
    access.require(tx, principal, TABLE, full_name, MANAGE)
    table = tables.find(tx, full_name)
    name = name_of(constraint)
    held = table.table_constraints or []
    if any(name_of(known) == name for known in held):
        raise already_exists(f"Constraint '{name}' already exists in table '{full_name}'.")
    _check_columns(constraint, columns)
    if constraint.primary_key_constraint:
        if any(known.primary_key_constraint for known in held):
            raise already_exists(f"Table '{full_name}' already has a primary key.")
        _check_not_null(constraint, columns)
    if constraint.foreign_key_constraint:
        _check_parent(tx, principal, constraint)
    table.table_constraints = [*held, constraint]
    tables.touch(tx, principal, table)
    return constraint


def delete(tx: Transaction, principal: Principal, full_name: str, name: str, cascade: bool) -> None:
    """Remove a key from a table; with `cascade` a primary key with the foreign keys that point to it.

    Raises DatabricksError: 403 to those who may not manage the table (and those whose foreign keys go), 404, 400 for a
    primary key to which foreign keys point.
    """
    access.require(tx, principal, TABLE, full_name, MANAGE)
    table = tables.find(tx, full_name)
    held = table.table_constraints or []
    going = next((known for known in held if name_of(known) == name), None)
    if going is None:
        raise not_found(f"Constraint '{name}' does not exist in table '{full_name}'.")
    if going.primary_key_constraint:
        _free(tx, principal, str(table.full_name), cascade)
        table = tables.find(tx, full_name)  # it may have pointed to itself
    table.table_constraints = [known for known in table.table_constraints or [] if name_of(known) != name]
    tables.touch(tx, principal, table)


def name_of(constraint: TableConstraint) -> str:
    """The constraint's name. Raises DatabricksError 400 when it is no primary, foreign or named constraint."""
    for given in (
        constraint.primary_key_constraint,
        constraint.foreign_key_constraint,
        constraint.named_table_constraint,
    ):
        if given is not None and given.name:
            return str(given.name)
    raise invalid("A table constraint needs a primary_key_constraint or foreign_key_constraint with a name.")


def primary_key(table: TableInfo) -> list[str]:
    """Columns of the table's primary key, in its order; empty without one."""
    for constraint in table.table_constraints or []:
        if constraint.primary_key_constraint:
            return list(constraint.primary_key_constraint.child_columns or [])
    return []


def _free(tx: Transaction, principal: Principal, parent: str, cascade: bool) -> None:
    """Remove the foreign keys that point to a table, or refuse where there are some that shall stay."""
    for body in securables.within(tx, TABLE, ""):
        child = TableInfo.from_dict(body)
        kept = [one for one in child.table_constraints or [] if not _points_to(one, parent)]
        if len(kept) == len(child.table_constraints or []):
            continue
        if not cascade:
            raise invalid(
                f"The primary key of '{parent}' is referenced by a foreign key of '{child.full_name}': use cascade."
            )
        access.require(tx, principal, TABLE, str(child.full_name), MANAGE)
        child.table_constraints = kept
        tables.touch(tx, principal, child)


def _points_to(constraint: TableConstraint, parent: str) -> bool:
    key = constraint.foreign_key_constraint
    return key is not None and key.parent_table.lower() == parent


def _check_columns(constraint: TableConstraint, columns: list[ColumnInfo]) -> None:
    known = {column.name for column in columns}
    key = constraint.primary_key_constraint or constraint.foreign_key_constraint
    for name in (key.child_columns or []) if key else []:
        if name not in known:
            raise invalid(f"Child column '{name}' of constraint '{name_of(constraint)}' does not exist.")
    primary = constraint.primary_key_constraint
    for name in (primary.timeseries_columns or []) if primary else []:
        if name not in (key.child_columns or [] if key else []):
            raise invalid(f"Time series column '{name}' is no column of the primary key '{name_of(constraint)}'.")


def _check_not_null(constraint: TableConstraint, columns: list[ColumnInfo]) -> None:
    key = constraint.primary_key_constraint
    assert key is not None
    nullable = [column.name for column in columns if column.name in (key.child_columns or []) and column.nullable]
    if nullable:
        names = ", ".join(f"`{name}`" for name in nullable)
        raise invalid(
            f"Cannot create the primary key `{key.name}` because its child column(s) {names} is nullable. "
            "Please change the column nullability and retry."
        )


def _check_parent(tx: Transaction, principal: Principal, constraint: TableConstraint) -> None:
    key = constraint.foreign_key_constraint
    assert key is not None
    access.require(tx, principal, TABLE, key.parent_table, MANAGE)
    if primary_key(tables.find(tx, key.parent_table)) != list(key.parent_columns or []):
        raise invalid(f"Table '{key.parent_table}' has no primary key of the columns {key.parent_columns}.")
