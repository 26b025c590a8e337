"""Changes of what is there, by the stock client: names, and keys that other keys point to."""

from __future__ import annotations

import io

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import (
    EntityTagAssignment,
    ForeignKeyConstraint,
    PermissionsChange,
    PrimaryKeyConstraint,
    Privilege,
    TableConstraint,
    VolumeType,
)
from deltalake import Field, Schema

from rehearsal.workspace.identity import bootstrap, principals
from rehearsal.workspace.unity_catalog import service_tables
from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import make_table, platform_of


def test_a_volume_keeps_files_grants_and_tags_under_its_new_name(server: Server, people: People, catalog: str) -> None:
    admin = server.admin()
    for name in ("landing", "taken"):
        admin.volumes.create(catalog, "flights", name, VolumeType.MANAGED)
    old, new = (f"{catalog}.flights.{name}" for name in ("landing", "arrived"))
    admin.files.upload(f"/Volumes/{old.replace('.', '/')}/a.txt", io.BytesIO(b"kept"))
    admin.grants.update(
        "volume", old, changes=[PermissionsChange(principal=people.scientist, add=[Privilege.READ_VOLUME])]
    )
    admin.entity_tag_assignments.create(EntityTagAssignment(old, "cost", "volumes", tag_value="a"))
    with pytest.raises(PermissionDenied):
        server.client(people.scientist).volumes.update(old, new_name="mine")
    with pytest.raises(ResourceConflict):
        admin.volumes.update(old, new_name="taken")
    with pytest.raises(BadRequest):
        admin.volumes.update(old, new_name="a.b")
    assert admin.volumes.update(old, new_name="Arrived", comment="moved").full_name == new
    with pytest.raises(NotFound):
        admin.volumes.read(old)
    contents = admin.files.download(f"/Volumes/{new.replace('.', '/')}/a.txt").contents
    assert contents is not None and contents.read() == b"kept"
    (held,) = admin.grants.get("volume", new).privilege_assignments or []
    assert (held.principal, held.privileges) == (people.scientist, [Privilege.READ_VOLUME])
    assert [tag.tag_value for tag in admin.entity_tag_assignments.list("volumes", new)] == ["a"]


def test_a_model_has_a_new_name(server: Server, catalog: str) -> None:
    admin = server.admin()
    admin.registered_models.create(catalog_name=catalog, schema_name="flights", name="delay", comment="late?")
    assert admin.registered_models.update(f"{catalog}.flights.delay", new_name="lateness").name == "lateness"
    assert admin.registered_models.get(f"{catalog}.flights.lateness").comment == "late?"
    with pytest.raises(NotFound):
        admin.registered_models.get(f"{catalog}.flights.delay")


def test_a_referenced_primary_key_goes_by_cascade_alone(server: Server, catalog: str) -> None:
    platform = platform_of(server)
    with platform.store.transaction() as tx:
        admin_principal = principals.load(tx, bootstrap.ADMIN, "dev")
    parent, child = f"{catalog}.flights.carriers", f"{catalog}.flights.trips"
    columns = Schema([Field("id", "long", nullable=False), Field("at", "timestamp", nullable=False)])
    service_tables.ensure(platform, admin_principal, parent, columns, "keys")
    make_table(server, child, {"carrier": "long"})
    api = server.admin().table_constraints
    with pytest.raises(BadRequest, match="Time series column"):
        wrong = PrimaryKeyConstraint(name="pk", child_columns=["id"], timeseries_columns=["at"])
        api.create(parent, TableConstraint(primary_key_constraint=wrong))
    key = PrimaryKeyConstraint(name="pk", child_columns=["id"])
    api.create(parent, TableConstraint(primary_key_constraint=key))
    foreign = ForeignKeyConstraint(name="fk", child_columns=["carrier"], parent_table=parent, parent_columns=["id"])
    api.create(child, TableConstraint(foreign_key_constraint=foreign))
    with pytest.raises(BadRequest, match="cascade"):
        api.delete(parent, "pk", cascade=False)
    api.delete(parent, "pk", cascade=True)
    assert not server.admin().tables.get(parent).table_constraints
    assert not server.admin().tables.get(child).table_constraints
