"""`spark.catalog`: questions about tables are answered from Unity Catalog, those about temporary views by Spark."""

from __future__ import annotations

from typing import Any

from rehearsal.compute.gateway import names
from rehearsal.compute.gateway.refusals import unsupported
from rehearsal.compute.gateway.tables import Tables

_HARMLESS = frozenset({"current_database", "current_catalog", "drop_temp_view", "list_functions", "function_exists"})


def answer(relation: Any, tables: Tables) -> None:
    """Replace the question in a relation by its answer, or leave it to Spark. Raises Refusal."""
    kind = relation.catalog.WhichOneof("cat_type")
    if kind in _HARMLESS:
        return
    if kind != "table_exists":
        raise unsupported(f"spark.catalog: {kind}")
    question = relation.catalog.table_exists
    text = f"{question.db_name}.{question.table_name}" if question.db_name else question.table_name
    name = names.full_name(names.split(text))
    if name is None:
        return
    relation.sql.query = f"SELECT {'true' if tables.exists(name) else 'false'} AS value"
