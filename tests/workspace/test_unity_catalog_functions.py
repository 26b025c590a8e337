"""Functions and tags by the stock client: definitions, EXECUTE, names shared with models, and who may tag."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import (
    ColumnTypeName,
    CreateFunction,
    CreateFunctionParameterStyle,
    CreateFunctionRoutineBody,
    CreateFunctionSecurityType,
    CreateFunctionSqlDataAccess,
    EntityTagAssignment,
    FunctionParameterInfo,
    FunctionParameterInfos,
    PermissionsChange,
    Privilege,
    VolumeType,
)

from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import make_table


def definition(catalog: str, called: str, **changed: Any) -> CreateFunction:
    """A function that adds one to a number, in SQL."""
    parameter = FunctionParameterInfo("x", "int", ColumnTypeName.INT, 0, type_json='{"name":"x","type":"integer"}')
    given: dict[str, Any] = {
        "name": called,
        "catalog_name": catalog,
        "schema_name": "flights",
        "input_params": FunctionParameterInfos([parameter]),
        "data_type": ColumnTypeName.INT,
        "full_data_type": "INT",
        "routine_body": CreateFunctionRoutineBody.SQL,
        "routine_definition": "x + 1",
        "parameter_style": CreateFunctionParameterStyle.S,
        "is_deterministic": True,
        "sql_data_access": CreateFunctionSqlDataAccess.CONTAINS_SQL,
        "is_null_call": False,
        "security_type": CreateFunctionSecurityType.DEFINER,
        "specific_name": called,
        "comment": "one more",
    }
    return CreateFunction(**(given | changed))


def grant(server: Server, kind: str, name: str, principal: str, *privileges: Privilege) -> None:
    server.admin().grants.update(kind, name, changes=[PermissionsChange(principal=principal, add=list(privileges))])


def test_functions_are_made_shown_and_dropped(server: Server, people: People, catalog: str) -> None:
    admin, scientist = server.admin(), server.client(people.scientist)
    made = admin.functions.create(definition(catalog, "Plus_One"))
    name = f"{catalog}.flights.plus_one"
    assert (made.full_name, made.owner, made.routine_definition) == (name, "admin@example.com", "x + 1")
    assert made.input_params is not None and [p.name for p in made.input_params.parameters or []] == ["x"]
    python = definition(
        catalog,
        "shout",
        routine_body=CreateFunctionRoutineBody.EXTERNAL,
        external_language="PYTHON",
        routine_definition="return x + 1",
        sql_data_access=CreateFunctionSqlDataAccess.NO_SQL,
    )
    admin.functions.create(python)
    grant(server, "catalog", catalog, people.scientist, Privilege.USE_CATALOG, Privilege.USE_SCHEMA)
    assert list(scientist.functions.list(catalog, "flights")) == []
    with pytest.raises(PermissionDenied):
        scientist.functions.get(name)
    grant(server, "function", name, people.scientist, Privilege.EXECUTE)
    assert scientist.functions.get(name).comment == "one more"
    assert [found.name for found in scientist.functions.list(catalog, "flights")] == ["plus_one"]
    with pytest.raises(PermissionDenied):
        scientist.functions.delete(name)
    with pytest.raises(PermissionDenied):
        scientist.functions.create(definition(catalog, "mine"))
    assert admin.functions.update(name, owner=people.scientist).owner == people.scientist
    with pytest.raises(PermissionDenied):  # he is in no group of this name
        scientist.functions.update(name, owner=people_group(server))
    scientist.functions.delete(name)
    with pytest.raises(NotFound):
        admin.functions.get(name)
    assert not admin.grants.get("function", f"{catalog}.flights.shout").privilege_assignments


def people_group(server: Server) -> str:
    """A group without members."""
    names = {group.display_name for group in server.admin().groups_v2.list()}
    if "nobody-in-it" not in names:
        server.admin().groups_v2.create(display_name="nobody-in-it")
    return "nobody-in-it"


def test_functions_and_models_share_their_names(server: Server, catalog: str) -> None:
    admin = server.admin()
    admin.functions.create(definition(catalog, "delay"))
    with pytest.raises(ResourceConflict):
        admin.functions.create(definition(catalog, "delay"))
    with pytest.raises(ResourceConflict):
        admin.registered_models.create(catalog_name=catalog, schema_name="flights", name="delay")
    admin.registered_models.create(catalog_name=catalog, schema_name="flights", name="late")
    with pytest.raises(ResourceConflict):
        admin.functions.create(definition(catalog, "late"))
    with pytest.raises(BadRequest, match="not empty"):
        admin.schemas.delete(f"{catalog}.flights")
    with pytest.raises(BadRequest, match="APPLY_TAG is not applicable"):
        grant(server, "function", f"{catalog}.flights.delay", "account users", Privilege.APPLY_TAG)
    grant(server, "function", f"{catalog}.flights.late", "account users", Privilege.APPLY_TAG)


@pytest.mark.parametrize(
    "changed",
    [
        {"routine_definition": " "},
        {"name": "no.dots"},
        {"routine_body": CreateFunctionRoutineBody.EXTERNAL, "external_language": "JAVA"},
        {"routine_body": CreateFunctionRoutineBody.EXTERNAL, "external_language": "PYTHON"},  # says CONTAINS SQL
    ],
)
def test_definitions_that_make_no_sense_are_refused(server: Server, catalog: str, changed: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        server.admin().functions.create(definition(catalog, "f", **changed))
    assert list(server.admin().functions.list(catalog, "flights")) == []


def test_tags_are_assigned_by_those_who_may(server: Server, people: People, catalog: str) -> None:
    admin, scientist = server.admin(), server.client(people.scientist)
    make_table(server, f"{catalog}.flights.trips", {"id": "long"})
    admin.volumes.create(catalog, "flights", "landing", VolumeType.MANAGED)
    admin.registered_models.create(catalog_name=catalog, schema_name="flights", name="delay")
    named = {
        "catalogs": catalog,
        "schemas": f"{catalog}.flights",
        "tables": f"{catalog}.flights.trips",
        "columns": f"{catalog}.flights.trips.id",
        "volumes": f"{catalog}.flights.landing",
        "models": f"{catalog}.flights.delay",
    }
    tags = admin.entity_tag_assignments
    for kind, name in named.items():
        tags.create(EntityTagAssignment(name, "cost", kind, tag_value="a"))
        with pytest.raises(ResourceConflict):
            tags.create(EntityTagAssignment(name, "cost", kind))
        tags.update(kind, name, "cost", EntityTagAssignment(name, "cost", kind, tag_value="b"), "tag_value")
        assert [(tag.tag_key, tag.tag_value) for tag in tags.list(kind, name)] == [("cost", "b")]
        assert tags.get(kind, name, "cost").tag_value == "b"
    grant(server, "catalog", catalog, people.scientist, Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.SELECT)
    mine = EntityTagAssignment(named["tables"], "mine", "tables")
    with pytest.raises(PermissionDenied, match="APPLY TAG"):
        scientist.entity_tag_assignments.create(mine)
    grant(server, "table", named["tables"], people.scientist, Privilege.APPLY_TAG)
    scientist.entity_tag_assignments.create(mine)
    scientist.entity_tag_assignments.delete("tables", named["tables"], "mine")
    with pytest.raises(NotFound):
        tags.get("tables", named["tables"], "mine")
    for key in ("", "a.b", "x" * 256):
        with pytest.raises(BadRequest):
            tags.create(EntityTagAssignment(catalog, key, "catalogs"))
    with pytest.raises(BadRequest, match="not supported"):
        list(tags.list("dashboards", catalog))
    # A table of the same name that is made later begins without tags.
    admin.tables.delete(named["tables"])
    make_table(server, named["tables"], {"id": "long"})
    assert list(tags.list("tables", named["tables"])) == list(tags.list("columns", named["columns"])) == []


def test_a_body_that_is_no_function_is_refused(server: Server) -> None:
    admin = server.admin()
    for body in ({}, {"function_info": "f"}, {"function_info": {"name": "f"}}):
        answer = httpx.post(
            f"{server.host('dev')}/api/2.1/unity-catalog/functions", json=body, headers=admin.config.authenticate()
        )
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
