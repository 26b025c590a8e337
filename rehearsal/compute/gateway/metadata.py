"""What a principal may see of the catalog, and how grants and schemas change by SQL."""

from __future__ import annotations

from fnmatch import fnmatchcase

from databricks.sdk.service.catalog import TableInfo, TableType
from deltalake import DeltaTable

from rehearsal.compute.gateway.listing import Listing, Value, texts
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import (
    access,
    catalogs,
    columns,
    grants,
    schemas,
    securables,
    storage,
    tables,
    views,
)
from rehearsal.workspace.unity_catalog.grants import Change
from rehearsal.workspace.unity_catalog.privileges import SCHEMA, TABLE, VOLUME


class Metadata:
    """Questions and changes of one principal. All of them raise DatabricksError."""

    def __init__(self, platform: Platform, principal: Principal) -> None:
        self._platform = platform
        self._principal = principal

    def catalogs(self, pattern: str = "*") -> list[Body]:
        """Catalogs whose names match, by name."""
        with self._platform.store.transaction() as tx:
            return _matching(catalogs.visible(tx, self._principal), pattern)

    def schemas(self, catalog: str, pattern: str = "*") -> list[Body]:
        """Schemas of a catalog."""
        with self._platform.store.transaction() as tx:
            access.require_visible(tx, self._principal, "CATALOG", catalog)
            return _matching(schemas.visible(tx, self._principal, catalog), pattern)

    def tables(self, schema: str, pattern: str = "*") -> list[Body]:
        """Tables of a schema."""
        return self._within(schema, TABLE, pattern)

    def volumes(self, schema: str, pattern: str = "*") -> list[Body]:
        """Volumes of a schema."""
        return self._within(schema, VOLUME, pattern)

    def table(self, name: str) -> TableInfo:
        """One table, with the columns that its Delta log has now."""
        with self._platform.store.transaction() as tx:
            access.require_visible(tx, self._principal, TABLE, name)
            table = tables.find(tx, name)
        if table.storage_location:
            table.columns = columns.columns(tables.local_location(table))
        return table

    def properties(self, name: str) -> dict[str, str]:
        """Properties of a table, as its Delta log has them now, or of a view."""
        table = self.table(name)
        if table.table_type == TableType.VIEW:
            return views.own_properties(table)
        return dict(DeltaTable(tables.local_location(table)).metadata().configuration)

    @staticmethod
    def matching(found: list[str], pattern: str) -> list[str]:
        """Names that match."""
        return [name for name in found if _matches(name, pattern)]

    def listed_grants(self, kind: str, name: str, principal: str | None) -> Listing:
        """Grants on an object and on its parents, as far as they reach it."""
        with self._platform.store.transaction() as tx:
            found = grants.effective(tx, self._principal, kind, name, principal)
        rows: list[tuple[Value, ...]] = [
            (holder, held.privilege.replace("_", " "), held.kind or kind, held.name or name)
            for holder, privileges in found.items()
            for held in privileges
        ]
        return texts(("Principal", "ActionType", "ObjectType", "ObjectKey"), rows)

    def change_grants(self, kind: str, name: str, change: Change) -> None:
        """Give or take privileges."""
        with self._platform.store.transaction() as tx:
            grants.change(tx, self._principal, kind, name, [change])

    def create_schema(self, name: str, comment: str | None, if_not_exists: bool) -> None:
        """Make a schema."""
        catalog, _, own = name.partition(".")
        with self._platform.store.transaction() as tx:
            if if_not_exists and securables.read(tx, SCHEMA, name) is not None:
                return
            schemas.create(tx, self._principal, {"catalog_name": catalog, "name": own, "comment": comment})

    def drop_schema(self, name: str, cascade: bool, if_exists: bool) -> None:
        """Drop a schema, with all in it when it says so."""
        with self._platform.store.transaction() as tx:
            if if_exists and securables.read(tx, SCHEMA, name) is None:
                return
            folders = schemas.delete(tx, self._principal, name, cascade)
        storage.remove_folders(folders)

    def _within(self, schema: str, kind: str, pattern: str) -> list[Body]:
        with self._platform.store.transaction() as tx:
            access.require_visible(tx, self._principal, SCHEMA, schema)
            return _matching(access.visible_within(tx, self._principal, kind, schema), pattern)


def _matching(bodies: list[Body], pattern: str) -> list[Body]:
    return sorted((body for body in bodies if _matches(body["name"], pattern)), key=lambda body: str(body["name"]))


def _matches(name: str, pattern: str) -> bool:
    """Spark's patterns: `*` for any text, `|` between alternatives, letters of either case."""
    return any(fnmatchcase(name.lower(), alternative.strip().lower()) for alternative in pattern.split("|"))
