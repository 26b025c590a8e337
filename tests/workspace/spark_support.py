"""A platform with Spark, two catalogs and two people, for tests of the gateway and of SQL."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from databricks.sdk.service.catalog import VolumeInfo, VolumeType
from pyspark.sql import SparkSession

from rehearsal.compute import lifecycle
from rehearsal.compute.spark_server import SparkServer
from rehearsal.spark_session import open_session
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.identity import bootstrap, directory, principals, tokens
from rehearsal.workspace.sql import execution
from rehearsal.workspace.store import Store
from rehearsal.workspace.unity_catalog import catalogs, grants, schemas, volumes
from tests.ports import free_port_base

ALICE, MALLORY = "alice@example.com", "mallory@example.com"
_READ = ["USE_CATALOG", "USE_SCHEMA", "SELECT", "READ_VOLUME"]
_WRITE = [*_READ, "MODIFY", "CREATE_TABLE", "WRITE_VOLUME"]


@cache
def ports() -> Ports:
    """The ports of every platform, one after the other."""
    return Ports(free_port_base())


@cache
def spark_server() -> SparkServer:
    """One warm Spark behind the gateways of all platforms, whose tables lie apart; it ends with this process."""
    folder = tempfile.TemporaryDirectory(prefix="spark-of-tests-")
    server = SparkServer(Path(folder.name), ports())
    server.start()
    atexit.register(folder.cleanup)
    atexit.register(server.stop)
    return server


def make_platform(home: Path, own: Ports | None = None) -> Platform:
    """State with catalogs `dev` (Alice writes) and `prod` (Alice reads); Mallory may do nothing.

    Args:
        own: ports, for a platform that brings a Spark of its own.
    """
    platform = Platform(home, Store(home / "state.sqlite"), own or ports())
    with platform.store.transaction() as tx:
        bootstrap.bootstrap(tx)
        for name in (ALICE, MALLORY):
            user = {"id": directory.new_id(tx), "userName": name, "displayName": name, "active": True}
            directory.put(tx, "user", user)
        admin = principals.load(tx, bootstrap.ADMIN)
        for catalog, privileges in (("dev", _WRITE), ("prod", _READ)):
            catalogs.create(tx, admin, {"name": catalog})
            schemas.create(tx, admin, {"catalog_name": catalog, "name": "f"})
            volumes.create(
                tx,
                admin,
                platform,
                VolumeInfo(catalog_name=catalog, schema_name="f", name="landing", volume_type=VolumeType.MANAGED),
            )
            grants.change(tx, admin, "CATALOG", catalog, [grants.Change(principal=ALICE, add=tuple(privileges))])
    return platform


def token_of(platform: Platform, name: str) -> str:
    """A token of somebody."""
    with platform.store.transaction() as tx:
        return tokens.issue(tx, name, 3600, "test")


def session_of(platform: Platform, name: str, workspace: str = "dev") -> SparkSession:
    """A Spark session of somebody."""
    return open_session(platform.spark_remote(workspace, token_of(platform, name)))


@contextmanager
def spark_platform(home: Path) -> Iterator[Platform]:
    """A platform with Spark and its gateways running."""
    platform = make_platform(home)
    try:
        lifecycle.open_gateways(platform, spark_server().token)
        yield platform
    finally:
        execution.close_sessions()
        lifecycle.stop()
