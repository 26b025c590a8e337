"""Lineage by REST, as its documentation asks for it: who may not know of a table does not see it there either."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import PermissionDenied
from databricks.sdk.service.catalog import PermissionsChange, Privilege

from rehearsal.compute.gateway import unfinished
from rehearsal.workspace.identity import principals
from rehearsal.workspace.unity_catalog import lineage, renaming, tables
from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import make_table, platform_of

PATH = "/api/2.0/lineage-tracking/table-lineage"


def test_lineage_shows_what_one_may_see(server: Server, people: People, catalog: str) -> None:
    raw, features, secret = (f"{catalog}.flights.{name}" for name in ("raw", "features", "secret"))
    for name in (raw, features, secret):
        make_table(server, name, {"a": "long"})
    run = {"entity_type": "JOB", "job_id": 7, "run_id": 8, "task_key": "t", "workspace_id": 1}
    with platform_of(server).store.transaction() as tx:
        lineage.record(tx, [raw, secret, features], [features], people.job, "dev", run)
    admin = server.admin()
    for name, privilege in ((catalog, Privilege.USE_CATALOG), (f"{catalog}.flights", Privilege.USE_SCHEMA)):
        kind = "schema" if "." in name else "catalog"
        changes = [PermissionsChange(principal=people.scientist, add=[privilege])]
        admin.grants.update(kind, name, changes=changes)
    for name in (raw, features):
        changes = [PermissionsChange(principal=people.scientist, add=[Privilege.SELECT])]
        admin.grants.update("table", name, changes=changes)
    asked = {"table_name": features, "include_entity_lineage": "true"}
    everything = admin.api_client.do("GET", PATH, query=asked)
    assert [one["tableInfo"]["name"] for one in everything["upstreams"]] == ["raw", "secret"]
    assert everything["upstreams"][0]["jobInfos"] == [{"workspace_id": 1, "job_id": 7}]
    scientist = server.client(people.scientist).api_client
    assert [one["tableInfo"]["name"] for one in scientist.do("GET", PATH, query=asked)["upstreams"]] == ["raw"]
    assert [
        one["tableInfo"]["name"] for one in scientist.do("GET", PATH, query={"table_name": raw})["downstreams"]
    ] == ["features"]
    with pytest.raises(PermissionDenied):
        scientist.do("GET", PATH, query={"table_name": secret})


def test_a_renamed_table_keeps_grants_and_lineage(server: Server, people: People, catalog: str) -> None:
    old, other, new = (f"{catalog}.flights.{name}" for name in ("old", "other", "new"))
    for name in (old, other):
        make_table(server, name, {"a": "long"})
    admin = server.admin()
    admin.grants.update("table", old, changes=[PermissionsChange(principal=people.engineer, add=[Privilege.SELECT])])
    platform = platform_of(server)
    with platform.store.transaction() as tx:
        lineage.record(tx, [old], [other], people.job, "dev", None)
        owner = tables.find(tx, old).owner
    with platform.store.transaction() as tx:
        renaming.rename_table(tx, principals.load(tx, str(owner), "dev"), old, new)
        assert lineage.upstreams(tx, other) == [new] and not tables.exists(tx, old)
    assert admin.tables.get(new).columns
    grants = admin.grants.get("table", new).privilege_assignments or []
    assert [one.principal for one in grants] == [people.engineer]


def test_what_was_left_unfinished_is_removed_and_nothing_else(server: Server, catalog: str) -> None:
    name = f"{catalog}.flights.kept"
    make_table(server, name, {"a": "long"})
    platform = platform_of(server)
    left = tables.location_for_new(platform, f"{catalog}.flights.left")
    left.mkdir(parents=True)
    with platform.store.transaction() as tx:
        kept = tables.local_location(tables.find(tx, name))
        unfinished.announce(tx, left)
        unfinished.announce(tx, kept)  # registered, and the death came before it was struck off
    unfinished.sweep(platform)
    assert kept.exists() and not left.exists()
