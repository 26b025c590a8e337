"""Unity Catalog by the stock client: objects, grants with inheritance, and refusals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import (
    ForeignKeyConstraint,
    PermissionsChange,
    PrimaryKeyConstraint,
    Privilege,
    TableConstraint,
    VolumeType,
)
from deltalake import write_deltalake

from rehearsal.workspace.identity import principals
from rehearsal.workspace.store import Store
from rehearsal.workspace.unity_catalog import tables
from tests.workspace.conftest import People, Server


def grant(server: Server, kind: str, name: str, principal: str, *privileges: Privilege) -> None:
    """Give privileges as the administrator."""
    server.admin().grants.update(kind, name, changes=[PermissionsChange(principal=principal, add=list(privileges))])


def make_table(server: Server, name: str) -> None:
    """A Delta table of the administrator, written beside the server and registered as Spark's gateway does."""
    from pyarrow import field, schema, string, table, timestamp  # type: ignore[import-untyped]

    location = server.home / "storage" / name.replace(".", "/")
    columns = schema([field("id", string(), nullable=False), field("at", timestamp("us", "UTC"))])
    write_deltalake(str(location), table({"id": ["a"], "at": [pd.Timestamp("2013-01-01", tz="UTC")]}, schema=columns))
    with Store(server.home / "state.sqlite").transaction() as tx:
        tables.register(tx, principals.load(tx, "admin@example.com"), name, Path(location), comment="trips")


def test_catalog_has_owner_times_and_default_schema(server: Server, catalog: str) -> None:
    info = server.admin().catalogs.get(catalog)
    assert (info.owner, info.created_by) == ("admin@example.com", "admin@example.com")
    assert info.created_at and info.metastore_id == server.admin().metastores.summary().metastore_id
    assert {schema.name for schema in server.admin().schemas.list(catalog)} == {"default", "flights"}
    with pytest.raises(ResourceConflict):
        server.admin().catalogs.create(catalog)


def test_not_empty_is_refused_unless_forced(server: Server, catalog: str) -> None:
    admin = server.admin()
    admin.volumes.create(catalog, "flights", "landing", VolumeType.MANAGED)
    with pytest.raises(BadRequest, match="is not empty"):
        admin.schemas.delete(f"{catalog}.flights")
    with pytest.raises(BadRequest, match="is not empty"):
        admin.catalogs.delete(catalog)
    admin.schemas.delete(f"{catalog}.flights", force=True)
    with pytest.raises(NotFound):
        admin.volumes.read(f"{catalog}.flights.landing")


def test_nobody_sees_what_he_holds_nothing_on(server: Server, people: People, catalog: str) -> None:
    client = server.client(people.scientist)
    assert catalog not in {info.name for info in client.catalogs.list()}
    with pytest.raises(PermissionDenied, match=f"User does not have USE CATALOG on Catalog '{catalog}'"):
        client.catalogs.get(catalog)


def test_grants_on_a_catalog_reach_schemas_and_tables(server: Server, people: People, catalog: str) -> None:
    make_table(server, f"{catalog}.flights.trips")
    client = server.client(people.scientist)
    grant(server, "catalog", catalog, "data-scientists", Privilege.SELECT)
    with pytest.raises(PermissionDenied, match=f"User does not have USE CATALOG on Catalog '{catalog}'"):
        client.tables.get(f"{catalog}.flights.trips")
    grant(server, "catalog", catalog, "data-scientists", Privilege.USE_CATALOG, Privilege.USE_SCHEMA)
    assert client.tables.get(f"{catalog}.flights.trips").comment == "trips"
    assert [table.name for table in client.tables.list(catalog, "flights")] == ["trips"]
    effective = client.grants.get_effective("table", f"{catalog}.flights.trips", principal="data-scientists")
    held = (effective.privilege_assignments or [])[0].privileges or []
    assert [(p.privilege, p.inherited_from_name) for p in held] == [(Privilege.SELECT, catalog)]


def test_readers_write_nothing(server: Server, people: People, catalog: str) -> None:
    make_table(server, f"{catalog}.flights.trips")
    grant(server, "catalog", catalog, "data-scientists", Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.SELECT)
    client = server.client(people.scientist)
    attempts = [
        lambda: client.schemas.create("mine", catalog),
        lambda: client.schemas.delete(f"{catalog}.flights", force=True),
        lambda: client.catalogs.update(catalog, owner=people.scientist),
        lambda: client.catalogs.delete(catalog, force=True),
        lambda: client.tables.delete(f"{catalog}.flights.trips"),
        lambda: client.volumes.create(catalog, "flights", "mine", VolumeType.MANAGED),
        lambda: client.registered_models.create(catalog_name=catalog, schema_name="flights", name="mine"),
        lambda: client.catalogs.create("mine"),
        lambda: client.grants.update(
            "catalog", catalog, changes=[PermissionsChange(principal=people.scientist, add=[Privilege.MODIFY])]
        ),
    ]
    for attempt in attempts:
        with pytest.raises(PermissionDenied, match="User does not have"):
            attempt()
    assert server.admin().tables.exists(f"{catalog}.flights.trips").table_exists


def test_wrong_privilege_or_principal_changes_nothing(server: Server, people: People, catalog: str) -> None:
    with pytest.raises(DatabricksError, match="Could not find principal with name nobody"):
        grant(server, "catalog", catalog, "nobody", Privilege.USE_CATALOG)
    with pytest.raises(BadRequest, match="is not applicable to this entity"):
        changes = [
            PermissionsChange(principal=people.scientist, add=[Privilege.USE_SCHEMA]),
            PermissionsChange(principal=people.engineer, add=[Privilege.USE_CATALOG]),
        ]
        server.admin().grants.update("schema", f"{catalog}.flights", changes=changes)
    assert not server.admin().grants.get("schema", f"{catalog}.flights").privilege_assignments


def test_columns_are_those_of_the_delta_log(server: Server, catalog: str) -> None:
    name = f"{catalog}.flights.trips"
    make_table(server, name)
    table = server.admin().tables.get(name)
    assert [(column.name, column.type_text, column.nullable) for column in table.columns or []] == [
        ("id", "string", False),
        ("at", "timestamp", True),
    ]
    assert str(table.storage_location).startswith("abfss://") and str(server.home) not in str(table.as_dict())


def test_primary_key_needs_columns_that_are_not_null(server: Server, catalog: str) -> None:
    name = f"{catalog}.flights.trips"
    make_table(server, name)
    api = server.admin().table_constraints

    def key(*columns: str) -> TableConstraint:
        return TableConstraint(primary_key_constraint=PrimaryKeyConstraint(name="pk", child_columns=list(columns)))

    with pytest.raises(BadRequest, match="does not exist"):
        api.create(name, key("nothing"))
    with pytest.raises(BadRequest, match="is nullable"):
        api.create(name, key("id", "at"))
    api.create(name, key("id"))
    with pytest.raises(ResourceConflict):
        api.create(name, key("id"))
    held = server.admin().tables.get(name).table_constraints or []
    assert [c.primary_key_constraint.child_columns for c in held if c.primary_key_constraint] == [["id"]]
    foreign = ForeignKeyConstraint(name="fk", child_columns=["id"], parent_table=name, parent_columns=["id"])
    api.create(name, TableConstraint(foreign_key_constraint=foreign))
    for constraint in ("fk", "pk"):
        api.delete(name, constraint, cascade=False)
    assert not server.admin().tables.get(name).table_constraints


def test_owner_of_a_model_manages_it_and_others_execute(server: Server, people: People, catalog: str) -> None:
    grant(server, "catalog", catalog, people.job, Privilege.USE_CATALOG, Privilege.USE_SCHEMA)
    grant(server, "catalog", catalog, people.scientist, Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.EXECUTE)
    admin = server.admin()
    admin.registered_models.create(catalog_name=catalog, schema_name="flights", name="delay", comment="late?")
    name = f"{catalog}.flights.delay"
    job, scientist = server.client(people.job), server.client(people.scientist)
    with pytest.raises(PermissionDenied):
        job.registered_models.update(name, comment="mine")
    admin.registered_models.update(name, owner=people.job)
    assert job.registered_models.update(name, comment="mine").comment == "mine"
    assert scientist.registered_models.get(name).owner == people.job
    with pytest.raises(PermissionDenied):
        scientist.registered_models.delete(name)
    with pytest.raises(NotFound):
        job.registered_models.set_alias(name, "Champion", 1)
    assert [model.full_name for model in scientist.registered_models.list(catalog_name=catalog, schema_name="flights")]
