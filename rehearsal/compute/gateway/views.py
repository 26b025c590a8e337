"""Views of the catalog: a query that is kept, and that is run with its owner's rights on what it reads.

https://learn.microsoft.com/azure/databricks/views/: who reads a view needs SELECT on the view alone. Functions that ask
who is there (`current_user()`, `is_account_group_member()`) answer for the reader, which makes views dynamic.
"""

from __future__ import annotations

from databricks.sdk.service.catalog import TableInfo, TableType

from rehearsal.compute.gateway import names, refusals
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import principals
from rehearsal.workspace.unity_catalog import views as catalog_views

# Spark's own limit (spark.sql.view.maxNestedViewDepth).
_DEEPEST = 100


def read(name: str, tables: Tables) -> tuple[str | None, str]:
    """What a name stands for, for one who may select from it: a view's query, or None and a table's folder.

    Raises Refusal.
    """
    tables.reads.add(name.lower())
    made = tables.made(name)
    if made is not None:
        return None, made
    found = tables.found(name, "SELECT")
    return (expanded(found, tables), "") if found.table_type == TableType.VIEW else (None, str(found.storage_location))


def expanded(view: TableInfo, tables: Tables) -> str:
    """The view's query with its columns named. Raises Refusal."""
    name = str(view.full_name)
    if name in tables.through:
        raise refusals.recursive_view(name, tables.through)
    if len(tables.through) >= _DEEPEST:
        raise refusals.unsupported(f"More than {_DEEPEST} views within each other")
    catalog, schema = catalog_views.namespace(view)
    inner = tables.for_view(name, owner(str(view.owner), tables), catalog, schema)
    query = inner.query(str(view.view_definition))
    own = [str(column.name) for column in view.columns or []]
    # A column that the tables below have got since is not the view's.
    chosen = ", ".join(
        f"{names.quoted(below)} AS {names.quoted(column)}"
        for below, column in zip(catalog_views.query_columns(view), own, strict=True)
    )
    return f"SELECT {chosen} FROM ({query}\n)"


def owner(name: str, tables: Tables) -> Principal:
    """The owner of a view or function, who may be a group, in the workspace of whoever uses it."""
    workspace = tables.principal.workspace
    try:
        with tables.platform.store.transaction() as tx:
            return principals.load(tx, name, workspace)
    except DatabricksError:
        return Principal(id="", name=name, kind="user", groups=frozenset({name}), is_admin=False, workspace=workspace)
