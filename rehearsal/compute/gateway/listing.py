"""Rows that the catalog knows, as a query of literals: so Spark answers a question about the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.compute.gateway import literals

Value = str | bool | list[str] | None


@dataclass(frozen=True)
class Listing:
    """Columns (name and SQL type) and rows of an answer."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Value, ...]]

    def query(self) -> str:
        """A query that answers the rows."""
        names = ", ".join(f"CAST({name} AS {kind}) AS `{name}`" for name, kind in self.columns)
        aliases = ", ".join(name for name, _ in self.columns)
        rows = self.rows or [(None,) * len(self.columns)]
        values = ", ".join(f"({', '.join(_literal(value) for value in row)})" for row in rows)
        return f"SELECT {names} FROM VALUES {values} AS listing({aliases})" + ("" if self.rows else " WHERE false")


def texts(columns: Sequence[str], rows: list[tuple[Value, ...]]) -> Listing:
    """A listing whose columns are all text."""
    return Listing(tuple((column, "STRING") for column in columns), rows)


def _literal(value: Value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return literals.boolean(value)
    if isinstance(value, list):
        return f"array({', '.join(_literal(item) for item in value)})"
    return literals.text(value)
