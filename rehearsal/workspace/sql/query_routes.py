"""HTTP of saved queries and of the history: `/api/2.0/sql/queries` and `/api/2.0/sql/history/queries`."""

from __future__ import annotations

from fastapi import APIRouter, Request

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.sql import queries, query_history
from rehearsal.workspace.store import Body

API = "/api/2.0/sql/queries"
router = APIRouter()
_PAGE, _LARGEST = 20, 100


@router.post(API)
def create_query(body: Body, call: CallDep) -> Body:
    """Save a query."""
    with call.store.transaction() as tx:
        return queries.create(tx, call, body)


@router.get(API)
def list_queries(call: CallDep, page_size: int = _PAGE, page_token: str = "") -> Body:
    """Queries that the caller may read, page by page."""
    if not page_token.isdigit() and page_token:
        raise invalid(f"page_token '{page_token}' is not one of this API's.")
    first, size = int(page_token or 0), min(max(page_size, 1), _LARGEST)
    with call.store.transaction() as tx:
        found = queries.visible(tx, call)
    shown = [{name: value for name, value in query.items() if name != "parent_path"} for query in found]
    more = {"next_page_token": str(first + size)} if len(found) > first + size else {}
    return {"results": shown[first : first + size], **more}


@router.get(API + "/{identifier}")
def get_query(identifier: str, call: CallDep) -> Body:
    """One query."""
    with call.store.transaction() as tx:
        return queries.get(tx, call, identifier)


@router.patch(API + "/{identifier}")
def update_query(identifier: str, body: Body, call: CallDep) -> Body:
    """Change the fields that the mask names."""
    with call.store.transaction() as tx:
        return queries.update(tx, call, identifier, body)


@router.delete(API + "/{identifier}")
def trash_query(identifier: str, call: CallDep) -> Body:
    """Move a query to the trash."""
    with call.store.transaction() as tx:
        queries.trash(tx, call, identifier)
    return {}


@router.get("/api/2.0/sql/history/queries")
def list_history(request: Request, call: CallDep) -> Body:
    """What ran on warehouses, the newest first."""
    asked = {name: request.query_params.getlist(name) for name in request.query_params}
    with call.store.transaction() as tx:
        return query_history.page(tx, call, asked)
