"""databricks_sql_table: a table or view, written in SQL through a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from rehearsal.provider import values
from rehearsal.provider.kind import Kind, Values, changed
from rehearsal.provider.resources import sql_statements as statements

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient

ROOT = "/api/2.1/unity-catalog/tables"


class SqlTable(Kind):
    """A table. Columns can be added, dropped, renamed, commented; another column type is refused, as in reality."""

    name = "sql_table"
    computed = frozenset({"cluster_id", "owner", "partitions", "storage_location"})
    force_new = frozenset(
        {"name", "catalog_name", "schema_name", "table_type", "data_source_format", "partitions"}
        | {"storage_credential_name", "options"}
    )
    quiet = frozenset({"column", "data_source_format", "view_definition"})

    def create(self, api: ApiClient, wanted: Values) -> str:
        """CREATE."""
        statements.execute(api, wanted, statements.create(wanted))
        return f"{wanted['catalog_name']}.{wanted['schema_name']}.{wanted['name']}"

    def finish(self, api: ApiClient, identifier: str, wanted: Values) -> None:
        """Hand over to the owner."""
        if wanted["owner"]:
            api.do("PATCH", f"{ROOT}/{quote(identifier)}", body={"owner": wanted["owner"]})

    def read(self, api: ApiClient, identifier: str, known: Values) -> Values:
        """The table. Properties are not compared: Delta adds its own."""
        answer = api.do("GET", f"{ROOT}/{quote(identifier)}")
        assert isinstance(answer, dict)
        remote = {name: value for name, value in answer.items() if name not in ("properties", "cluster_keys", "name")}
        remote["column"] = [_column(column) for column in answer.get("columns", [])]
        indexed = sorted((c["partition_index"], c["name"]) for c in answer.get("columns", []) if "partition_index" in c)
        remote["partitions"] = [name for _, name in indexed]
        shaped = values.shaped(self.block, remote)
        for mine, theirs in zip(known.get("column") or [], shaped["column"], strict=False):
            if statements.same_type(mine["type"] or "", theirs["type"] or ""):
                theirs["type"] = mine["type"]
            if mine["nullable"] is None and theirs["nullable"]:
                theirs["nullable"] = None
        return shaped

    def update(self, api: ApiClient, identifier: str, before: Values, wanted: Values) -> str:
        """ALTER; then the owner."""
        for statement in statements.alter(before, wanted):
            statements.execute(api, wanted, statement)
        if changed(before, wanted, "owner") and wanted["owner"]:
            self.finish(api, identifier, wanted)
        return identifier

    def delete(self, api: ApiClient, identifier: str, known: Values) -> None:
        """DROP. The real provider does so in SQL, too."""
        api.do("GET", f"{ROOT}/{quote(identifier)}")
        statements.execute(api, known, statements.drop(known))


def _column(column: Values) -> Values:
    return {
        "name": column["name"],
        "type": column.get("type_text"),
        "comment": column.get("comment"),
        "nullable": column.get("nullable", True),
    }
