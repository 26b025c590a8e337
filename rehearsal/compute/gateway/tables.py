"""Decisions about tables and paths for one request of one principal, and what must happen once its plan succeeded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rehearsal.compute.gateway import refusals
from rehearsal.compute.gateway.metadata import Metadata
from rehearsal.compute.gateway.statement import Answer
from rehearsal.workspace.context import Platform, Principal
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.unity_catalog import access, changes, external_locations, storage, tables, volumes

Effect = Callable[[], None]
# What a path in an external location needs where one in a volume needs the other.
_FILES = {"READ_VOLUME": "READ_FILES", "WRITE_VOLUME": "WRITE_FILES"}


class Tables:
    """Where the tables are that a request names, provided that the principal may do with them what it asks for."""

    def __init__(self, platform: Platform, principal: Principal) -> None:
        self._platform = platform
        self._principal = principal
        self._created: dict[str, Path] = {}
        self.metadata = Metadata(platform, principal)
        self.effects: list[Effect] = []

    def existing(self, name: str, *privileges: str) -> str:
        """Folder of a table on which all these privileges are held. Raises Refusal."""
        if name.lower() in self._created:
            return str(self._created[name.lower()])
        try:
            with self._platform.store.transaction() as tx:
                for privilege in privileges:
                    access.require(tx, self._principal, "TABLE", name, privilege)
                return str(tables.find(tx, name).storage_location)
        except DatabricksError as error:
            raise refusals.from_catalog(error, name) from error

    def answered(self, answer: Answer) -> str:
        """What Spark is to run after a statement about the catalog alone. Raises Refusal."""
        try:
            return answer(self.metadata)
        except DatabricksError as error:
            raise refusals.from_catalog(error, "") from error

    def exists(self, name: str) -> bool:
        """Is there such a table, as far as the principal may know?"""
        with self._platform.store.transaction() as tx:
            return tables.exists(tx, name) and access.visible(tx, self._principal, "TABLE", name)

    def written(self, name: str) -> str:
        """Folder of a table to be written, which is registered after success if it is new. Raises Refusal."""
        with self._platform.store.transaction() as tx:
            known = tables.exists(tx, name)
        return self.existing(name, "MODIFY") if known else self.new(name)

    def new(self, name: str, comment: str | None = None, properties: dict[str, str] | None = None) -> str:
        """Folder for a table that is to be made, and is registered after success. Raises Refusal."""
        schema = name.rpartition(".")[0]
        try:
            with self._platform.store.transaction() as tx:
                access.require(tx, self._principal, "SCHEMA", schema, "CREATE_TABLE")
                if tables.exists(tx, name):
                    raise refusals.table_exists(name)
            location = tables.location_for_new(self._platform, name)
        except DatabricksError as error:
            raise refusals.from_catalog(error, name) from error

        def register() -> None:
            with self._platform.store.transaction() as tx:
                tables.register(tx, self._principal, name, location, comment, properties)

        self._created[name.lower()] = location
        self.effects.append(register)
        return str(location)

    def drop(self, name: str, if_exists: bool) -> None:
        """Drop a table at once. Raises Refusal."""
        try:
            with self._platform.store.transaction() as tx:
                if if_exists and not tables.exists(tx, name):
                    return
                access.require(tx, self._principal, "TABLE", name, "MANAGE")
                location = tables.find(tx, name).storage_location
                tables.unregister(tx, self._principal, name)
        except DatabricksError as error:
            raise refusals.from_catalog(error, name) from error
        # Only now: a crash in between leaves files without a table, never a table without files.
        storage.remove_folders([Path(str(location))])

    def change(self, name: str, **attributes: str) -> None:
        """Change a table's owner or comment. Raises Refusal."""
        try:
            with self._platform.store.transaction() as tx:
                changes.update(tx, self._principal, "TABLE", name, dict(attributes))
        except DatabricksError as error:
            raise refusals.from_catalog(error, name) from error

    def path(self, path: str, privilege: str) -> str:
        """Local path of a path in a volume or an external location; every other path is refused. Raises Refusal."""
        if path.startswith("abfss://"):
            return self._cloud_path(path, _FILES[privilege])
        shown = path.removeprefix("dbfs:")
        if not shown.startswith("/Volumes/") or ".." in shown:
            raise refusals.insufficient(f"User does not have permission to access the path '{path}'.")
        try:
            with self._platform.store.transaction() as tx:
                return str(volumes.resolve(tx, self._principal, shown, privilege))
        except DatabricksError as error:
            raise refusals.from_catalog(error, shown) from error

    def _cloud_path(self, url: str, privilege: str) -> str:
        try:
            with self._platform.store.transaction() as tx:
                return str(external_locations.resolve(tx, self._principal, self._platform, url, privilege))
        except DatabricksError as error:
            raise refusals.from_catalog(error, url) from error
