"""Tables for tests of a workspace without Spark: written by the Delta library, registered for the administrator."""

from __future__ import annotations

from pathlib import Path

from deltalake import DeltaTable

from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.store import Store, state_file
from rehearsal.workspace.unity_catalog import service_tables, tables
from rehearsal.workspace.unity_catalog.service_tables import DeltaType
from tests.workspace.conftest import Server


def platform_of(server: Server) -> Platform:
    """The served platform's state, as this process sees it."""
    return Platform(server.home, Store(state_file(server.home)), Ports(server.port_base))


def make_table(server: Server, full_name: str, columns: dict[str, DeltaType], workspace: str = "dev") -> None:
    """An empty table that belongs to the administrator."""
    platform = platform_of(server)
    with platform.store.transaction() as tx:
        admin = principals.load(tx, bootstrap.ADMIN, workspace)
    service_tables.ensure(platform, admin, full_name, service_tables.delta_schema(columns), "for a test")


def delta_table(server: Server, full_name: str) -> DeltaTable:
    """The table as it is on disk."""
    with platform_of(server).store.transaction() as tx:
        location: Path = tables.local_location(tables.find(tx, full_name))
    return DeltaTable(location)
