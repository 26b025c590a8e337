"""Decisions about tables and paths for one request of one principal, and what must happen once its plan succeeded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from databricks.sdk.service.catalog import TableInfo, TableType

from rehearsal.compute.gateway import names, networks, refusals, unfinished
from rehearsal.compute.gateway.metadata import Metadata
from rehearsal.compute.gateway.sessions import Session, TemporaryView
from rehearsal.compute.gateway.spark_calls import SparkCalls
from rehearsal.workspace import faults
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, external_locations, tables, volumes
from rehearsal.workspace.unity_catalog.privileges import SCHEMA, TABLE

Effect = Callable[[], None]
_DATA = frozenset({"SELECT", "MODIFY"})  # privileges for which compute goes where the table lies
# What a path in an external location needs where one in a volume needs the other.
_FILES = {"READ_VOLUME": "READ_FILES", "WRITE_VOLUME": "WRITE_FILES"}


class Sql(Protocol):
    """Makes SQL that is kept in the catalog into SQL for Spark, by the rights and names of `tables`. Raises Refusal."""

    def query(self, text: str, tables: Tables) -> str:
        """Of a view."""

    def expression(self, text: str, tables: Tables) -> str:
        """Of a function."""


class Tables:
    """Where the tables are that a request names, provided that the principal may do with them what it asks for."""

    def __init__(
        self,
        platform: Platform,
        principal: Principal,
        session: Session,
        spark: SparkCalls,
        sql: Sql,
        caller: Principal | None = None,
    ) -> None:
        self.platform = platform
        self.principal = principal  # whose rights count
        self.caller = caller or principal  # whom `current_user()` names
        self.session = session
        self.spark = spark
        self._sql = sql
        self.metadata = Metadata(platform, principal)
        self.local: set[str] = set()  # names that the plan itself gives to relations
        self.effects: list[Effect] = []  # once the plan succeeded, before the client knows
        self.undo: list[Effect] = []  # once it failed
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.unmeasured = False  # it reads what is no table: files, or a frame that Spark keeps
        offset = platform.clock.offset
        # The time in microseconds since 1970, for the whole request; None where it is Spark's own.
        self.moment = round(platform.clock.now().timestamp() * 1_000_000) if offset else None
        self.through: tuple[str, ...] = ()  # views that are being expanded, outermost first
        self.shows_paths = False  # the answer's rows tell where tables lie
        self._created: dict[str, Path] = {}

    def for_view(self, name: str, owner: Principal, catalog: str, schema: str) -> Tables:
        """The same request inside a view: the view's owner's rights, and names as they were when it was made."""
        namespace = self.session.namespace(catalog, schema)
        inner = Tables(self.platform, owner, namespace, self.spark, self._sql, self.caller)
        inner.through = (*self.through, name.lower())
        inner.moment = self.moment
        return inner

    def query(self, text: str) -> str:
        """A view's query as Spark is to run it. Raises Refusal."""
        return self._sql.query(text, self)

    def expression(self, text: str) -> str:
        """A function's expression as Spark is to run it. Raises Refusal."""
        return self._sql.expression(text, self)

    def full_name(self, parts: list[str]) -> str:
        """`catalog.schema.table`, by the session's current catalog and schema. Raises Refusal."""
        return names.full_name(parts, self.session.catalog, self.session.schema)

    def is_temporary(self, parts: list[str]) -> bool:
        """Is it a temporary view, or a relation that the plan names itself?"""
        return len(parts) == 1 and (parts[0].lower() in self.session.views or parts[0].lower() in self.local)

    def make_temporary_view(self, name: str) -> None:
        """The plan makes a temporary view of what it reads."""
        view = TemporaryView(frozenset(self.reads), self.unmeasured)
        self.effects.append(lambda: self.session.views.update({name.lower(): view}))

    def read_temporary(self, name: str) -> None:
        """The plan reads what a temporary view of this name reads, if it is one."""
        if view := self.session.views.get(name.lower()):
            self.reads |= view.reads
            self.unmeasured |= view.unmeasured

    def found(self, name: str, *privileges: str) -> TableInfo:
        """The table or view, on which all these privileges are held. Raises Refusal."""
        try:
            with self.platform.store.transaction() as tx:
                for privilege in privileges:
                    access.require(tx, self.principal, TABLE, name, privilege)
                table = tables.find(tx, name)
                if not _DATA.isdisjoint(privileges):
                    networks.require_way(tx, self.caller.workspace, table.storage_location)
                return table
        except DatabricksError as error:
            raise refusals.from_catalog(error, name) from error

    def existing(self, name: str, *privileges: str) -> str:
        """Folder of a table on which all these privileges are held. Raises Refusal."""
        if "SELECT" in privileges:
            self.reads.add(name.lower())
        if "MODIFY" in privileges:
            self.writes.add(name.lower())
        made = self.made(name)
        if made is not None:
            return made
        table = self.found(name, *privileges)
        if table.table_type == TableType.VIEW:
            raise refusals.not_a_table(name)
        if table.table_type == TableType.FOREIGN:
            raise refusals.unsupported(f"Reading or writing {name}, which is a table of an online store,")
        return str(table.storage_location)

    def made(self, name: str) -> str | None:
        """Folder of a table that this very plan makes."""
        folder = self._created.get(name.lower())
        return None if folder is None else str(folder)

    def exists(self, name: str) -> bool:
        """Is there such a table, as far as the principal may know?"""
        with self.platform.store.transaction() as tx:
            return tables.exists(tx, name) and access.visible(tx, self.principal, TABLE, name)

    def written(self, name: str) -> str:
        """Folder of a table to be written, which is registered after success if it is new. Raises Refusal."""
        with self.platform.store.transaction() as tx:
            known = tables.exists(tx, name)
        return self.existing(name, "MODIFY") if known else self.new(name)

    def new(self, name: str, comment: str | None = None, properties: dict[str, str] | None = None) -> str:
        """Folder for a table that is to be made, and is registered after success. Raises Refusal."""
        try:
            location = tables.location_for_new(self.platform, name)
            with self.platform.store.transaction() as tx:
                access.require(tx, self.principal, SCHEMA, name.rpartition(".")[0], "CREATE_TABLE")
                if tables.exists(tx, name):
                    raise refusals.table_exists(name)
                networks.require_way(tx, self.caller.workspace, location)
                unfinished.announce(tx, location)
        except DatabricksError as error:
            raise refusals.from_catalog(error, name) from error

        def register() -> None:
            faults.point("gateway.written")
            with self.platform.store.transaction() as tx:
                tables.register(tx, self.principal, name, location, comment, properties)
                unfinished.settle(tx, location)

        self._created[name.lower()] = location
        self.writes.add(name.lower())
        self.effects.append(register)
        self.undo.append(lambda: unfinished.remove(self.platform, location))
        return str(location)

    def replaced(self, name: str, comment: str | None, properties: dict[str, str]) -> str:
        """Folder of a table whose content and definition are about to be replaced. Raises Refusal."""
        location = self.existing(name, "MODIFY", "MANAGE")

        def describe(table: TableInfo) -> None:
            table.comment, table.properties = comment, properties

        self.effects.append(lambda: self.change(name, describe))
        return location

    def change(self, name: str, how: Callable[[TableInfo], None]) -> None:
        """Change what the catalog itself keeps of a table."""
        with self.platform.store.transaction() as tx:
            table = tables.find(tx, name)
            how(table)
            tables.touch(tx, self.principal, table)

    def mirror_properties(self, name: str) -> None:
        """The catalog repeats the properties that Delta keeps."""
        properties = self.metadata.properties(name)
        self.change(name, lambda table: setattr(table, "properties", properties))

    def drop(self, name: str, if_exists: bool, view: bool = False) -> None:
        """Drop a table or a view at once. Raises Refusal."""
        try:
            with self.platform.store.transaction() as tx:
                if if_exists and not tables.exists(tx, name):
                    return
                access.require(tx, self.principal, TABLE, name, "MANAGE")
                table = tables.find(tx, name)
                if (table.table_type == TableType.VIEW) != view:
                    raise refusals.not_a_view(name) if view else refusals.not_a_table(name)
                tables.unregister(tx, self.principal, name)
                if not view:
                    # Only once this is durable are files removed: a crash in between never leaves a table without them.
                    unfinished.announce(tx, tables.local_location(table))
        except DatabricksError as error:
            raise refusals.from_catalog(error, name) from error
        if not view:
            unfinished.remove(self.platform, tables.local_location(table))

    def path(self, path: str, privilege: str) -> str:
        """Local path of a path in a volume or an external location; every other path is refused. Raises Refusal."""
        self.unmeasured = True
        if path.startswith("abfss://"):
            needed = _FILES[privilege]
            return self._resolved(
                path, lambda tx: external_locations.resolve(tx, self.principal, self.platform, path, needed)
            )
        shown = path.removeprefix("dbfs:")
        if not shown.startswith("/Volumes/") or ".." in shown:
            raise refusals.insufficient(f"User does not have permission to access the path '{path}'.")
        return self._resolved(shown, lambda tx: volumes.resolve(tx, self.principal, shown, privilege))

    def _resolved(self, shown: str, resolve: Callable[[Transaction], Path]) -> str:
        try:
            with self.platform.store.transaction() as tx:
                location = resolve(tx)
                networks.require_way(tx, self.caller.workspace, location)
                return str(location)
        except DatabricksError as error:
            raise refusals.from_catalog(error, shown) from error
