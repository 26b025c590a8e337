"""The stand-in provider's pure parts: schemas from the bindings, documents and drift, the SQL of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tf.types import Unknown

from rehearsal.provider import planning, schemas, values
from rehearsal.provider.azure import fields
from rehearsal.provider.azure import resources as azure
from rehearsal.provider.azure.fields import Block, Field
from rehearsal.provider.azure.resource import AzureResource
from rehearsal.provider.kind import Kind
from rehearsal.provider.resources import KINDS, sql_statements
from rehearsal.provider.schemas import bindings


@pytest.fixture(scope="module")
def libraries() -> dict[str, bindings.Library]:
    return {family: bindings.Library.installed(family) for family in schemas.FAMILIES}


FILES = [(family, kind) for family, kinds in schemas.FAMILIES.items() for kind in (schemas.PROVIDER, *kinds)]


@pytest.mark.parametrize(("family", "kind"), FILES)
def test_schema_files_are_what_the_installed_bindings_say(
    libraries: dict[str, bindings.Library], family: str, kind: str
) -> None:
    expected = (schemas.folder(family) / f"{kind}.json").read_text()
    assert bindings.render(libraries[family].block(kind)) == expected


@pytest.mark.parametrize("family", schemas.FAMILIES)
def test_version_is_the_one_that_the_bindings_were_generated_from(
    libraries: dict[str, bindings.Library], family: str
) -> None:
    assert libraries[family].version() == schemas.version(family)


@pytest.mark.parametrize(("kinds", "names"), [(KINDS, schemas.KINDS), (azure.KINDS, schemas.AZURERM_KINDS)])
def test_every_schema_has_a_kind_and_kinds_name_only_what_schemas_have(
    kinds: tuple[Kind, ...], names: tuple[str, ...]
) -> None:
    assert {kind.name for kind in kinds} == set(names)
    for kind in kinds:
        known = kind.block["attributes"].keys() | kind.block["block_types"].keys()
        named = kind.computed | kind.force_new | kind.quiet | kind.volatile | kind.defaults.keys()
        named = {name.partition(".")[0] for name in named}
        assert named <= known, (kind.name, named - known)


@pytest.mark.parametrize(
    "kind", [kind for kind in azure.KINDS if isinstance(kind, AzureResource)], ids=lambda k: k.name
)
def test_fields_of_azure_are_attributes(kind: AzureResource) -> None:
    def check(fields: Mapping[str, Field], block: dict[str, Any]) -> None:
        for name, field in fields.items():
            if isinstance(field, Block):
                check(field.fields, block["block_types"][name]["block"])
            else:
                assert name in block["attributes"], name

    check(kind.fields, kind.block)


def test_documents_of_azure_and_back() -> None:
    kind = next(kind for kind in azure.KINDS if kind.name == "subnet")
    assert isinstance(kind, AzureResource)
    service = {"name": "Microsoft.Databricks/workspaces", "actions": ["join"]}
    given = {
        "address_prefixes": ["10.0.0.0/24"],
        "default_outbound_access_enabled": False,
        "private_link_service_network_policies_enabled": True,
        "delegation": [{"name": "databricks", "service_delegation": [service]}],
    }
    document: dict[str, Any] = {"properties": {"natGateway": {"id": "set by another resource"}}}
    fields.write(kind.fields, given, document)
    assert document["properties"] == {
        "natGateway": {"id": "set by another resource"},
        "addressPrefixes": ["10.0.0.0/24"],
        "defaultOutboundAccess": False,
        "privateLinkServiceNetworkPolicies": "Enabled",
        "delegations": [
            {
                "name": "databricks",
                "properties": {"serviceName": "Microsoft.Databricks/workspaces", "actions": ["join"]},
            }
        ],
    }
    back = fields.read(kind.fields, document, {})
    assert {name: back[name] for name in given} == given
    fields.write(kind.fields, {**given, "delegation": []}, document)
    assert "delegations" not in document["properties"]


def test_what_is_not_known_is_named() -> None:
    known = {"a": fields.At("a"), "b": fields.Block("b", {"c": fields.At("c")})}
    assert fields.unknown(known, {"a": 1, "d": True, "b": [{"c": 1, "e": 2}]}, frozenset()) == ["d", "b.e"]


def test_blocks_that_occur_once_are_objects_in_documents() -> None:
    job = schemas.load("job")
    wanted = values.complete(
        job,
        {
            "name": "train",
            "schedule": [{"quartz_cron_expression": "0 0 * * * ?", "timezone_id": "UTC", "pause_status": None}],
            "tags": {"team": "flights"},
        },
    )
    document = {
        "name": "train",
        "schedule": {"quartz_cron_expression": "0 0 * * * ?", "timezone_id": "UTC"},
        "tags": {"team": "flights"},
    }
    assert values.document(job, wanted) == document
    back = values.shaped(job, document)
    assert back["schedule"][0]["timezone_id"] == "UTC"
    assert back["schedule"][0]["pause_status"] is None


def test_the_servers_defaults_inside_blocks_are_no_drift_but_changes_are() -> None:
    job = schemas.load("job")
    task = values.complete(job["block_types"]["task"]["block"], {"task_key": "train", "timeout_seconds": None})
    state = values.complete(job, {"name": "train", "task": [task]})
    same = values.shaped(job, {"name": "train", "task": [{"task_key": "train", "run_if": "ALL_SUCCESS"}]})
    assert values.refreshed(job, state, same, frozenset()) == state
    other = values.shaped(job, {"name": "train", "task": [{"task_key": "score"}]})
    assert values.refreshed(job, state, other, frozenset())["task"][0]["task_key"] == "score"


def test_sets_have_no_order() -> None:
    grants = schemas.load("grants")
    rows = [{"principal": "a", "privileges": ["SELECT", "MODIFY"]}, {"principal": "b", "privileges": ["SELECT"]}]
    state = values.complete(grants, {"schema": "c.s", "grant": rows})
    turned = [rows[1], {"principal": "a", "privileges": ["MODIFY", "SELECT"]}]
    assert values.refreshed(grants, state, {"grant": turned}, frozenset()) == state
    more = [*rows, {"principal": "x", "privileges": ["SELECT"]}]
    assert values.refreshed(grants, state, {"grant": more}, frozenset())["grant"] == more


def table(**changes: Any) -> dict[str, Any]:
    column = values.complete(schemas.load("sql_table")["block_types"]["column"]["block"], {"type": "int"})
    return values.complete(
        schemas.load("sql_table"),
        {
            "catalog_name": "staging",
            "schema_name": "flights",
            "name": "weather",
            "table_type": "MANAGED",
            "data_source_format": "DELTA",
            "column": [{**column, "name": "hour", "nullable": False}, {**column, "name": "temp", "comment": "it's °F"}],
            **changes,
        },
    )


def test_create_statement_says_columns_constraints_and_comments() -> None:
    assert sql_statements.create(table(comment="by hour")) == (
        "CREATE OR REPLACE TABLE `staging`.`flights`.`weather`\n"
        "(`hour` int NOT NULL, `temp` int COMMENT 'it\\'s °F')\n"
        "USING DELTA\n"
        "COMMENT 'by hour'"
    )


def test_alter_statements_add_drop_and_comment_columns() -> None:
    before = table()
    hour, temp = before["column"]
    wind = {**temp, "name": "wind", "comment": None}
    name = "`staging`.`flights`.`weather`"
    assert sql_statements.alter(before, table(column=[hour, wind, temp])) == [
        f"ALTER TABLE {name} ADD COLUMN `wind` int AFTER `hour`"
    ]
    assert sql_statements.alter(before, table(column=[hour])) == [f"ALTER TABLE {name} DROP COLUMN IF EXISTS (`temp`)"]
    assert sql_statements.alter(before, table(column=[{**hour, "nullable": True}, temp], comment="x")) == [
        f"COMMENT ON TABLE {name} IS 'x'",
        f"ALTER TABLE {name} ALTER COLUMN `hour` DROP NOT NULL",
    ]


def test_every_update_sets_all_properties_and_takes_none_away() -> None:
    before = table(warehouse_id="a", properties={"env": "staging", "gone": "1"})
    assert sql_statements.alter(before, table(warehouse_id="b", properties={"env": "staging"})) == [
        "ALTER TABLE `staging`.`flights`.`weather` SET TBLPROPERTIES ('env' = 'staging')"
    ]


def test_another_column_type_is_refused_but_another_spelling_is_the_same() -> None:
    before = table()
    hour, temp = before["column"]
    assert sql_statements.alter(before, table(column=[{**hour, "type": "INTEGER"}, temp])) == []
    with pytest.raises(ValueError, match="column hour from int to string is not supported"):
        sql_statements.alter(before, table(column=[{**hour, "type": "string"}, temp]))


def workspace_values(**changes: Any) -> dict[str, Any]:
    block = schemas.load("databricks_workspace", "azurerm")
    parameters = {"virtual_network_id": "/vnet", "no_public_ip": True}
    given = {"name": "dbw", "public_network_access_enabled": True, "custom_parameters": [parameters], **changes}
    return values.completed(block, values.complete(block, given))


def kind_of_azure(name: str) -> Kind:
    return next(kind for kind in azure.KINDS if kind.name == name)


def test_defaults_come_back_where_the_configuration_is_silent() -> None:
    kind = kind_of_azure("databricks_workspace")
    drifted = workspace_values(public_network_access_enabled=False)
    silent = workspace_values(public_network_access_enabled=None)
    assert planning.with_defaults(kind, drifted, drifted, silent)["public_network_access_enabled"] is True
    said = workspace_values(public_network_access_enabled=False)
    assert planning.with_defaults(kind, said, drifted, said)["public_network_access_enabled"] is False
    imported = workspace_values(public_network_access_enabled=None)
    assert planning.with_defaults(kind, imported, imported, silent)["public_network_access_enabled"] is None


def test_parts_of_blocks_replace_or_do_not() -> None:
    kind = kind_of_azure("databricks_workspace")
    before = workspace_values()
    moved = workspace_values(custom_parameters=[{"virtual_network_id": "/other", "no_public_ip": True}])
    opened = workspace_values(custom_parameters=[{"virtual_network_id": "/vnet", "no_public_ip": False}])
    after = [values.completed(kind.block, value) for value in (moved, opened)]
    assert planning.replacing(kind, before, after[0]) == [["custom_parameters", (0,), "virtual_network_id"]]
    assert planning.replacing(kind, before, after[1]) == []


def test_what_only_azure_knows_is_unknown_in_new_blocks() -> None:
    block = schemas.load("databricks_access_connector", "azurerm")
    planned = values.completed(block, values.complete(block, {"identity": [{"type": "SystemAssigned"}]}))
    (new,) = planning.with_unknowns(block, planned, {})["identity"]
    assert new["principal_id"] is Unknown and new["type"] == "SystemAssigned" and new["identity_ids"] is None
    known = {"identity": [{"type": "SystemAssigned", "principal_id": "1", "tenant_id": "2", "identity_ids": None}]}
    assert planning.with_unknowns(block, known, known) == known
