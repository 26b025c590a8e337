"""Workspace bindings of isolated catalogs stand above grants and ownership: in REST, files, models, SQL and Spark."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.catalog import (
    CatalogIsolationMode,
    PermissionsChange,
    Privilege,
    VolumeType,
    WorkspaceBinding,
    WorkspaceBindingBindingType,
)
from mlflow.exceptions import RestException
from mlflow.tracking import MlflowClient
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from rehearsal.spark_session import open_session
from rehearsal.workspace.account import network_connectivity
from rehearsal.workspace.arm import resources
from rehearsal.workspace.arm import storage as azure_storage
from rehearsal.workspace.context import Platform
from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.unity_catalog import (
    bindings,
    catalogs,
    external_locations,
    grants,
    privileges,
    securables,
    storage_credentials,
)
from rehearsal.workspace.unity_catalog.privileges import CATALOG, EXTERNAL_LOCATION, SCHEMA, TABLE, Securable
from tests.workspace.conftest import People, Server
from tests.workspace.spark_support import ALICE, session_of, spark_platform, token_of

READ_WRITE = WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE
READ_ONLY = WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY
ELSEWHERE = "is not accessible in current workspace"
READING = "read-only in current workspace"
URL = "abfss://raw@lake.dfs.core.windows.net"
CATALOG_NAME = "bound_prod"
SCHEMA_NAME, VOLUME, MODEL = (f"{CATALOG_NAME}.{name}" for name in ("flights", "flights.landing", "flights.delay"))
FILE = f"/Volumes/{VOLUME.replace('.', '/')}/a.csv"


def bind(
    client: WorkspaceClient, workspace: str, kind: WorkspaceBindingBindingType, securable: str = "catalog"
) -> None:
    """Bind the catalog to a workspace."""
    number = workspace_id(workspace)
    assert number is not None
    item = WorkspaceBinding(workspace_id=number, binding_type=kind)
    client.workspace_bindings.update_bindings(securable, CATALOG_NAME, add=[item])


def bound(client: WorkspaceClient) -> dict[int, WorkspaceBindingBindingType | None]:
    """The catalog's bindings."""
    return {b.workspace_id: b.binding_type for b in client.workspace_bindings.get_bindings("catalog", CATALOG_NAME)}


@pytest.fixture(scope="module")
def isolated(server: Server, people: People) -> Iterator[str]:
    """A catalog with schema, volume, file and model; bound to prod, read-only to dev; the job may do everything."""
    prod = server.admin("prod")
    prod.catalogs.create(CATALOG_NAME)
    prod.schemas.create("flights", CATALOG_NAME)
    prod.volumes.create(CATALOG_NAME, "flights", "landing", VolumeType.MANAGED)
    prod.files.upload(FILE, io.BytesIO(b"old"))
    prod.registered_models.create(catalog_name=CATALOG_NAME, schema_name="flights", name="delay")
    everything = PermissionsChange(principal=people.job, add=[Privilege.ALL_PRIVILEGES, Privilege.MANAGE])
    prod.grants.update("catalog", CATALOG_NAME, changes=[everything])
    prod.catalogs.update(CATALOG_NAME, isolation_mode=CatalogIsolationMode.ISOLATED)
    bind(prod, "prod", READ_WRITE)
    bind(prod, "dev", READ_ONLY)
    yield CATALOG_NAME
    prod.catalogs.delete(CATALOG_NAME, force=True)


def test_bindings_are_told_and_changed_in_both_spellings(server: Server, isolated: str) -> None:
    prod = server.admin("prod")
    dev, staging, own = (workspace_id(name) or 0 for name in ("dev", "staging", "prod"))
    assert bound(prod) == {dev: READ_ONLY, own: READ_WRITE}
    path = f"/api/2.1/unity-catalog/workspace-bindings/catalogs/{isolated}"
    assert prod.api_client.do("PATCH", path, body={"assign_workspaces": [staging]}) == {
        "workspaces": [dev, staging, own]
    }
    assert bound(prod)[staging] == READ_WRITE
    prod.api_client.do("PATCH", path, body={"unassign_workspaces": [staging]})
    assert prod.api_client.do("GET", path) == {"workspaces": [dev, own]}
    with pytest.raises(NotFound, match="Workspace 7 does not exist"):
        prod.workspace_bindings.update_bindings("catalog", isolated, add=[WorkspaceBinding(workspace_id=7)])
    with pytest.raises(BadRequest, match="cannot be bound"):
        bind(prod, "dev", READ_ONLY, "schema")


def test_only_managers_bind_and_they_do_so_from_anywhere(server: Server, people: People, isolated: str) -> None:
    with pytest.raises(PermissionDenied):
        bind(server.client(people.scientist, "prod"), "staging", READ_WRITE)
    elsewhere = server.client(people.job, "staging")
    before = bound(elsewhere)
    bind(elsewhere, "staging", READ_ONLY)
    assert elsewhere.catalogs.get(isolated).name == isolated
    elsewhere.workspace_bindings.update_bindings(
        "catalog", isolated, remove=[WorkspaceBinding(workspace_id=workspace_id("staging") or 0)]
    )
    assert bound(elsewhere) == before


def test_an_unbound_workspace_sees_nothing_not_even_as_administrator(server: Server, isolated: str) -> None:
    staging = server.admin("staging")
    assert isolated not in {catalog.name for catalog in staging.catalogs.list()}
    assert MODEL not in {model.full_name for model in staging.registered_models.list()}
    for attempt in (
        lambda: staging.catalogs.get(isolated),
        lambda: list(staging.schemas.list(isolated)),
        lambda: staging.schemas.get(SCHEMA_NAME),
        lambda: staging.volumes.read(VOLUME),
        lambda: staging.files.download(FILE),
        lambda: staging.registered_models.get(MODEL),
        lambda: staging.grants.get("catalog", isolated),
        lambda: staging.catalogs.delete(isolated, force=True),
    ):
        with pytest.raises(PermissionDenied, match=ELSEWHERE):
            attempt()


def test_a_read_only_workspace_reads_all_that_is_granted(server: Server, people: People, isolated: str) -> None:
    dev = server.client(people.job)
    assert dev.schemas.get(SCHEMA_NAME).full_name == SCHEMA_NAME
    contents = dev.files.download(FILE).contents
    assert contents is not None and contents.read() == b"old"
    assert dev.registered_models.get(MODEL).full_name == MODEL
    assert people.job in {
        g.principal for g in server.admin().grants.get("catalog", isolated).privilege_assignments or []
    }
    with pytest.raises(PermissionDenied, match="USE CATALOG"):  # a binding gives nobody a privilege
        server.client(people.scientist).schemas.get(SCHEMA_NAME)


@pytest.mark.parametrize("who", ["administrator", "job"])
def test_a_read_only_workspace_writes_nothing(server: Server, people: People, isolated: str, who: str) -> None:
    dev = server.admin() if who == "administrator" else server.client(people.job)
    change = [PermissionsChange(principal=people.scientist, add=[Privilege.SELECT])]
    for attempt in (
        lambda: dev.catalogs.update(isolated, comment="mine"),
        lambda: dev.catalogs.delete(isolated, force=True),
        lambda: dev.schemas.create("more", isolated),
        lambda: dev.schemas.delete(SCHEMA_NAME, force=True),
        lambda: dev.volumes.create(isolated, "flights", "mine", VolumeType.MANAGED),
        lambda: dev.files.upload(FILE, io.BytesIO(b"new"), overwrite=True),
        lambda: dev.files.delete(FILE),
        lambda: dev.registered_models.create(catalog_name=isolated, schema_name="flights", name="mine"),
        lambda: dev.registered_models.delete(MODEL),
        lambda: dev.grants.update("schema", SCHEMA_NAME, changes=change),
    ):
        with pytest.raises(PermissionDenied, match=READING):
            attempt()
    prod = server.client(people.job, "prod")
    contents = prod.files.download(FILE).contents
    assert contents is not None and contents.read() == b"old"
    prod.files.upload(FILE, io.BytesIO(b"old"), overwrite=True)


def test_mlflows_registry_goes_by_bindings_too(
    server: Server, people: People, isolated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.client(people.job)
    monkeypatch.setenv("DATABRICKS_TOKEN", server.tokens[people.job])
    told = {}
    for workspace in ("dev", "staging", "prod"):
        monkeypatch.setenv("DATABRICKS_HOST", server.host(workspace))
        client = MlflowClient(tracking_uri="databricks", registry_uri="databricks-uc")
        for verb in ("read", "write"):
            try:
                if verb == "read":
                    client.get_registered_model(MODEL)
                else:
                    client.update_registered_model(MODEL, "changed")
            except RestException as error:
                told[workspace, verb] = str(error)
    assert set(told) == {("dev", "write"), ("staging", "read"), ("staging", "write")}
    assert READING in told["dev", "write"] and ELSEWHERE in told["staging", "read"]


def test_a_catalog_that_is_made_isolated_belongs_to_its_workspace(server: Server) -> None:
    staging = server.admin("staging")
    staging.api_client.do(
        "POST", "/api/2.1/unity-catalog/catalogs", body={"name": "made_isolated", "isolation_mode": "ISOLATED"}
    )
    try:
        assert staging.catalogs.get("made_isolated").name == "made_isolated"
        with pytest.raises(PermissionDenied, match=ELSEWHERE):
            server.admin("prod").catalogs.get("made_isolated")
        staging.catalogs.update("made_isolated", isolation_mode=CatalogIsolationMode.OPEN)
        assert server.admin("prod").catalogs.get("made_isolated").name == "made_isolated"
    finally:
        staging.catalogs.delete("made_isolated", force=True)


def test_which_privileges_a_binding_leaves() -> None:
    """All privileges that exist: what is not known to read counts as writing."""
    dev, prod, staging = 1, 2, 3
    chain = [
        Securable(TABLE, "c.s.t", "me"),
        Securable(SCHEMA, "c.s", "me"),
        Securable(CATALOG, "c", "me", {}, {dev: bindings.READ_ONLY, prod: bindings.READ_WRITE}),
    ]
    every = frozenset().union(*privileges.APPLICABLE.values())
    left = {w: {p for p in every if bindings.hindrance(chain, w, p) is None} for w in (dev, prod, staging, None)}
    assert left == {dev: bindings.READING, prod: every, staging: set(), None: set()}
    assert all(bindings.hindrance(chain[:2], staging, privilege) is None for privilege in every)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Spark, and Alice, who may write in `prod` (as far as grants go)."""
    with spark_platform(tmp_path_factory.mktemp("bindings")) as running:
        yield running


def change(platform: Platform, kind: str, full_name: str, **attributes: str) -> None:
    """Change a securable behind all rules."""
    with platform.store.transaction() as tx:
        securables.write(tx, kind, full_name, {**securables.find(tx, kind, full_name), **attributes})


def refused(action: Callable[[], Any], words: str) -> None:
    """The action is refused with Databricks' class of error and these words."""
    with pytest.raises(PySparkException) as caught:
        action()
    assert "INSUFFICIENT_PERMISSIONS" in str(caught.value) and words in str(caught.value)


def count(spark: SparkSession, path: str) -> int:
    """The lines of CSV files."""
    return int(spark.read.csv(path).count())


def append(spark: SparkSession, table: str) -> None:
    """Append a row."""
    spark.range(1).write.mode("append").saveAsTable(table)


def test_spark_and_sql_go_by_bindings(platform: Platform) -> None:
    table = "prod.f.bound"
    change(platform, SCHEMA, "prod.f", owner=ALICE)
    change(platform, CATALOG, "prod", owner=ALICE)
    prod, dev, staging = (session_of(platform, ALICE, workspace) for workspace in ("prod", "dev", "staging"))
    append(prod, table)
    change(platform, CATALOG, "prod", isolation_mode="ISOLATED")
    wanted = [
        WorkspaceBinding(workspace_id=workspace_id(workspace) or 0, binding_type=kind)
        for workspace, kind in (("prod", READ_WRITE), ("dev", READ_ONLY))
    ]
    with platform.store.transaction() as tx:
        bindings.change(tx, CATALOG, "prod", wanted, [])

    append(prod, table)
    assert dev.table(table).count() == dev.sql(f"SELECT count(*) FROM {table}").collect()[0][0] == 2
    for write in (
        lambda: append(dev, table),
        lambda: append(dev, "prod.f.mine"),
        lambda: dev.sql(f"DELETE FROM {table}").collect(),
        lambda: dev.sql(f"INSERT INTO {table} VALUES (3)").collect(),
        lambda: dev.sql("CREATE TABLE prod.f.mine AS SELECT 1 AS id").collect(),
        lambda: dev.sql(f"DROP TABLE {table}").collect(),
        lambda: dev.sql(f"ALTER TABLE {table} ADD COLUMN more STRING").collect(),
        lambda: dev.range(1).write.csv("/Volumes/prod/f/landing/mine"),
    ):
        refused(write, READING)
    refused(lambda: staging.table(table).count(), ELSEWHERE)
    refused(lambda: staging.sql(f"SELECT * FROM {table}").collect(), ELSEWHERE)
    assert prod.table(table).count() == 2


def test_a_session_of_one_workspace_is_not_known_to_another(platform: Platform) -> None:
    """Or a temporary view would carry what one workspace may read to one that may not."""
    same = f";session_id={uuid.uuid4()}"
    token = token_of(platform, ALICE)
    here, there = (open_session(platform.spark_remote(workspace, token) + same) for workspace in ("prod", "dev"))
    here.range(3).createOrReplaceTempView("seen")
    assert here.table("seen").count() == 3
    with pytest.raises(PySparkException, match="TABLE_OR_VIEW_NOT_FOUND"):
        there.table("seen").count()


def test_paths_of_an_external_location_need_its_privileges(platform: Platform) -> None:
    """By URL, in a workspace to which the location is bound, and never into managed storage."""
    account = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Storage/storageAccounts/lake"
    container = f"{account}/blobServices/default/containers/raw"
    with platform.store.transaction() as tx:
        tx.put(azure_storage.NAME, "lake", {"id": account})
        tx.put(resources.KIND, container.lower(), {"id": container, "type": azure_storage.CONTAINER, "properties": {}})
        admin = principals.load(tx, bootstrap.ADMIN, "prod")
        connector = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Databricks/accessConnectors/ac"
        identity = {"azure_managed_identity": {"access_connector_id": connector}}
        storage_credentials.create(tx, admin, {"name": "lake", **identity})
        location = {"name": "raw", "url": URL, "credential_name": "lake", "isolation_mode": "ISOLATION_MODE_ISOLATED"}
        external_locations.create(tx, admin, platform, location)
    prod, dev = (session_of(platform, ALICE, workspace) for workspace in ("prod", "dev"))
    refused(lambda: prod.read.csv(f"{URL}/in").count(), "READ FILES on External Location 'raw'")
    give = grants.Change(principal=ALICE, add=("READ_FILES",))
    with platform.store.transaction() as tx:
        grants.change(tx, admin, EXTERNAL_LOCATION, "raw", [give])
    folder = platform.home / "storage" / "azure" / "lake" / "raw" / "in"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("1\n2\n")
    assert prod.read.csv(f"{URL}/in").count() == 2
    refused(lambda: prod.range(1).write.csv(f"{URL}/out"), "WRITE FILES on External Location 'raw'")
    refused(lambda: dev.read.csv(f"{URL}/in").count(), ELSEWHERE)
    assert prod.read.csv(f"{URL}/i*").count() == 2
    with platform.store.transaction() as tx:
        grants.change(tx, admin, EXTERNAL_LOCATION, "raw", [grants.Change(principal=ALICE, add=("WRITE_FILES",))])
        catalogs.create(tx, admin, {"name": "in_raw", "storage_root": f"{URL}/deep/root"})
    prod.range(1).write.csv(f"{URL}/out")
    for path in ("__unitystorage/in", "__unity*/in", "{deep,in}"):
        refused(partial(count, prod, f"{URL}/{path}"), "overlaps with managed storage")
    refused(lambda: prod.range(1).write.mode("overwrite").csv(f"{URL}/deep"), "overlaps with managed storage")


def test_compute_reaches_closed_storage_by_a_private_endpoint_of_its_own_workspace(platform: Platform) -> None:
    """A right to read is no way to the data: another environment's workspace needs an endpoint there as well."""
    account = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Storage/storageAccounts/shut"
    container, url = f"{account}/blobServices/default/containers/raw", "abfss://raw@shut.dfs.core.windows.net"
    closed = {"publicNetworkAccess": "Disabled"}
    with platform.store.transaction() as tx:
        tx.put(azure_storage.NAME, "shut", {"id": account})
        tx.put(resources.KIND, account.lower(), {"id": account, "type": azure_storage.ACCOUNT, "properties": closed})
        tx.put(resources.KIND, container.lower(), {"id": container, "type": azure_storage.CONTAINER, "properties": {}})
        admin = principals.load(tx, bootstrap.ADMIN, "prod")
        connector = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Databricks/accessConnectors/ac"
        identity = {"azure_managed_identity": {"access_connector_id": connector}}
        storage_credentials.create(tx, admin, {"name": "shut", **identity})
        external_locations.create(tx, admin, platform, {"name": "shut", "url": url, "credential_name": "shut"})
        catalogs.create(tx, admin, {"name": "shut", "storage_root": f"{url}/root"})
    prod, dev = (session_of(platform, bootstrap.ADMIN, workspace) for workspace in ("prod", "dev"))
    prod.sql("CREATE SCHEMA shut.f")
    barred = "not authorized to perform this operation.*abfss://raw@shut.*AuthorizationFailure"

    def connect(workspace: str, *parts: str) -> None:
        with platform.store.transaction() as tx:
            config = network_connectivity.bound(tx, workspace_id(workspace) or 0)
            if config is None:
                made = network_connectivity.create(tx, {"name": workspace, "region": "westeurope"})
                config = str(made["network_connectivity_config_id"])
                network_connectivity.bind(tx, workspace_id(workspace) or 0, config)
            for part in parts:
                network_connectivity.add_rule(tx, config, {"resource_id": account, "group_id": part})

    with pytest.raises(PySparkException, match=barred):
        prod.sql("CREATE TABLE shut.f.t AS SELECT 1 AS n").collect()
    connect("prod", "blob", "dfs")
    prod.sql("CREATE TABLE shut.f.t AS SELECT 1 AS n").collect()
    prod.sql("CREATE VIEW shut.f.v AS SELECT n + 1 AS n FROM shut.f.t").collect()
    assert prod.table("shut.f.v").collect() == [(2,)]

    connect("dev", "blob")  # Spark's client asks the other part
    for name in ("shut.f.t", "shut.f.v"):
        with pytest.raises(PySparkException, match=barred):
            dev.table(name).collect()
    with pytest.raises(PySparkException, match=barred):
        dev.read.csv(f"{url}/in").count()
    assert [row.tableName for row in dev.sql("SHOW TABLES IN shut.f").collect()] == ["t", "v"]  # the catalog's to tell
    connect("dev", "dfs")
    assert dev.table("shut.f.v").collect() == [(2,)]
