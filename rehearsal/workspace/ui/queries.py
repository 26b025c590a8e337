"""SQL for the pages: run on a warehouse of the workspace as the viewer, who sees what he may select."""

from __future__ import annotations

from dataclasses import dataclass

from databricks.sdk.service.sql import StatementState

from rehearsal.workspace.errors import DatabricksError, invalid
from rehearsal.workspace.ui.viewer import Viewer

_PATIENCE = "30s"


@dataclass(frozen=True)
class Rows:
    """A result: names of columns and rows of text (None for null)."""

    columns: list[str]
    rows: list[list[str | None]]

    def records(self) -> list[dict[str, str | None]]:
        """The rows by names of columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def run(viewer: Viewer, statement: str) -> Rows:
    """The statement's rows. Raises DatabricksError (ours or databricks-sdk's) with the reason."""
    warehouse = next(iter(viewer.client.warehouses.list()), None)
    if warehouse is None or not warehouse.id:
        raise invalid("There is no SQL warehouse here that you may use.")
    answer = viewer.client.statement_execution.execute_statement(statement, warehouse.id, wait_timeout=_PATIENCE)
    status = answer.status
    if status is None or status.state != StatementState.SUCCEEDED:
        told = status.error.message if status and status.error else None
        raise DatabricksError(400, "BAD_REQUEST", told or f"The statement did not end within {_PATIENCE}.")
    described = answer.manifest.schema.columns if answer.manifest and answer.manifest.schema else None
    rows = answer.result.data_array if answer.result else None
    return Rows([column.name or "" for column in described or []], [list(row) for row in rows or []])


def quoted(full_name: str) -> str:
    """A dotted name as SQL takes it, whatever its parts are."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in full_name.split("."))
