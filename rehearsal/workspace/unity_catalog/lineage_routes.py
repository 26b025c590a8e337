"""HTTP of lineage.

https://learn.microsoft.com/azure/databricks/data-governance/unity-catalog/data-lineage, "Retrieve lineage using the
data lineage REST API".
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.unity_catalog import lineage

router = APIRouter(prefix="/api/2.0/lineage-tracking")


class Question(BaseModel):
    """The body that Databricks' documentation sends with GET; a query string says the same."""

    table_name: str = ""
    include_entity_lineage: bool = False


@router.get("/table-lineage")
def table_lineage(
    call: CallDep, question: Question | None = None, table_name: str = "", include_entity_lineage: bool = False
) -> dict[str, Any]:
    """Tables that a table was written from, and those written from it."""
    asked = question or Question()
    with call.store.transaction() as tx:
        return lineage.shown(
            tx,
            call.principal,
            table_name or asked.table_name,
            include_entity_lineage or asked.include_entity_lineage,
        )
