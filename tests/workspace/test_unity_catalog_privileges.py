"""What REST lets a stock client do, held against the documentation's own rules in random worlds."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.catalog import EntityTagAssignment, PermissionsChange, Privilege, VolumeType

from rehearsal.workspace.unity_catalog.privileges import APPLICABLE as OURS
from tests.unit import privilege_rules as rules
from tests.unit.privilege_rules import World
from tests.unit.privilege_worlds import world
from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import make_table
from tests.workspace.test_unity_catalog_functions import definition

SEED, WORLDS = 20_260_602, 60
KINDS = ("table", "volume", "function", "model")
Attempt = Callable[[WorkspaceClient], object]


def attempts(catalog: str, kind: str) -> dict[tuple[str, str], Attempt]:
    """(object, operation) of the rules -> how a client tries it; nothing of it changes what others then meet."""
    schema = f"{catalog}.flights"
    name = f"{schema}.{kind}"
    folder = f"/Volumes/{catalog}/flights/volume"
    inner: dict[str, dict[str, Attempt]] = {
        "table": {
            "describe": lambda w: w.tables.get(name),
            "discover": lambda w: w.tables.get(name, include_browse=True),
            "manage": lambda w: w.api_client.do("PATCH", f"/api/2.1/unity-catalog/tables/{name}", body={}),
            "tag": lambda w: _tag_and_untag(w, "tables", name),
        },
        "volume": {
            "describe": lambda w: w.volumes.read(name),
            "discover": lambda w: w.volumes.read(name, include_browse=True),
            "manage": lambda w: w.volumes.update(name, comment="seen"),
            "read": lambda w: list(w.files.list_directory_contents(folder)),
            "write": lambda w: w.files.upload(f"{folder}/a.txt", io.BytesIO(b"a"), overwrite=True),
            "tag": lambda w: _tag_and_untag(w, "volumes", name),
        },
        "function": {
            "describe": lambda w: w.functions.get(name),
            "discover": lambda w: w.functions.get(name, include_browse=True),
            "manage": lambda w: w.grants.update("function", name, changes=[]),
        },
        "model": {
            "describe": lambda w: w.registered_models.get(name),
            "discover": lambda w: w.registered_models.get(name, include_browse=True),
            "manage": lambda w: w.registered_models.update(name, comment="seen"),
            "tag": lambda w: _tag_and_untag(w, "models", name),
        },
    }
    return {
        ("catalog", "describe"): lambda w: w.catalogs.get(catalog),
        ("catalog", "discover"): lambda w: w.catalogs.get(catalog, include_browse=True),
        ("catalog", "manage"): lambda w: w.catalogs.update(catalog, comment="seen"),
        ("catalog", "create schema"): lambda w: w.schemas.create("made", catalog),
        ("schema", "describe"): lambda w: w.schemas.get(schema),
        ("schema", "discover"): lambda w: w.schemas.get(schema, include_browse=True),
        ("schema", "manage"): lambda w: w.schemas.update(schema, comment="seen"),
        ("schema", "create volume"): lambda w: w.volumes.create(catalog, "flights", "made", VolumeType.MANAGED),
        ("schema", "create function"): lambda w: w.functions.create(definition(catalog, "made")),
        **{(kind, operation): attempt for operation, attempt in inner[kind].items()},
    }


def _tag_and_untag(client: WorkspaceClient, kind: str, name: str) -> None:
    client.entity_tag_assignments.create(EntityTagAssignment(name, "seen", kind))
    client.entity_tag_assignments.delete(kind, name, "seen")


def test_rest_agrees_with_the_documentation(server: Server, people: People, catalog: str) -> None:
    random = Random(SEED)
    admin, scientist = server.admin(), server.client(people.scientist)
    names = {"me": people.scientist, "my group": "data-scientists", "account users": "account users"}
    names |= {"somebody else": people.engineer}
    _make_objects(server, catalog)
    disagreements, outcomes = [], Counter[bool]()
    for number in range(WORLDS):
        kind = KINDS[number % len(KINDS)]
        one = world(random, kind, tuple(names), ("me", "my group", "somebody else", "somebody else"))
        one = replace(one, bindings={}, workspace=1, owners={**one.owners, "metastore": "somebody else"})
        _put_in_place(admin, catalog, one, names)
        for (thing, operation), attempt in attempts(catalog, kind).items():
            documented = rules.allowed(replace(one, kind=thing), operation)
            seen = _succeeds(scientist, attempt)
            outcomes[seen] += 1
            if operation.startswith("create") and seen:
                _remove_made(admin, catalog, operation)
            if seen != documented:
                disagreements.append(f"{operation} {thing}: the documentation says {documented} of {one}")
    print(f"seed {SEED}: {outcomes[True]} allowed, {outcomes[False]} refused")
    assert not disagreements, "\n".join([f"{len(disagreements)} disagreements", *disagreements[:5]])
    assert min(outcomes[True], outcomes[False]) > WORLDS * 2


def _make_objects(server: Server, catalog: str) -> None:
    admin = server.admin()
    make_table(server, f"{catalog}.flights.table", {"id": "long"})
    admin.volumes.create(catalog, "flights", "volume", VolumeType.MANAGED)
    admin.functions.create(definition(catalog, "function"))
    admin.registered_models.create(catalog_name=catalog, schema_name="flights", name="model")


def _put_in_place(admin: WorkspaceClient, catalog: str, one: World, names: dict[str, str]) -> None:
    """Owners and grants as in the world; what an earlier world granted is taken back."""
    full_names = {"catalog": catalog, "schema": f"{catalog}.flights", one.kind: f"{catalog}.flights.{one.kind}"}
    for thing, name in full_names.items():
        changes = []
        for known, principal in names.items():
            held = [Privilege(text.replace(" ", "_")) for text in one.grants[thing].get(known, ()) if _in_sdk(text)]
            lost = [Privilege(text) for text in sorted(OURS[thing.upper()]) if _in_sdk(text)]
            changes.append(PermissionsChange(principal=principal, remove=lost))
            changes.append(PermissionsChange(principal=principal, add=held))
        admin.grants.update("function" if thing == "model" else thing, name, changes=changes)
        owner = {"owner": names[one.owners[thing]]}
        kind = "models" if thing == "model" else f"{thing}s"
        admin.api_client.do("PATCH", f"/api/2.1/unity-catalog/{kind}/{name}", body=owner)


def _in_sdk(text: str) -> bool:
    """Can the client grant it, and the administrator, who does not always own the catalog?"""
    return not text.startswith("EXTERNAL") and text.replace(" ", "_") in Privilege.__members__


def _succeeds(client: WorkspaceClient, attempt: Attempt) -> bool:
    """Any other error than a refusal is a fault of the test, or of the server."""
    try:
        attempt(client)
    except PermissionDenied:
        return False
    except DatabricksError as error:
        raise AssertionError(f"neither done nor refused: {error}") from error
    return True


def _remove_made(admin: WorkspaceClient, catalog: str, operation: str) -> None:
    if operation == "create schema":
        admin.schemas.delete(f"{catalog}.made")
    elif operation == "create volume":
        admin.volumes.delete(f"{catalog}.flights.made")
    else:
        admin.functions.delete(f"{catalog}.flights.made")


def test_taking_all_privileges_takes_each_of_them(server: Server, people: People, catalog: str) -> None:
    grants = server.admin().grants
    given = [Privilege.ALL_PRIVILEGES, Privilege.SELECT, Privilege.MANAGE]
    grants.update("catalog", catalog, changes=[PermissionsChange(principal=people.scientist, add=given)])
    taken = PermissionsChange(principal=people.scientist, remove=[Privilege.ALL_PRIVILEGES])
    left = grants.update("catalog", catalog, changes=[taken]).privilege_assignments or []
    assert [assignment.privileges for assignment in left] == [[Privilege.MANAGE]]


def test_browsing_shows_what_a_thing_is_called_and_no_more(server: Server, people: People, catalog: str) -> None:
    admin, scientist = server.admin(), server.client(people.scientist)
    make_table(server, f"{catalog}.flights.trips", {"id": "long"})
    browse = PermissionsChange(principal=people.scientist, add=[Privilege.BROWSE])
    admin.grants.update("catalog", catalog, changes=[browse])
    assert catalog not in {found.name for found in scientist.catalogs.list()}
    assert catalog in {found.name for found in scientist.catalogs.list(include_browse=True)}
    (table,) = scientist.tables.list(catalog, "flights", include_browse=True)
    assert (table.name, table.browse_only, table.storage_location) == ("trips", True, None)
    assert list(scientist.tables.list(catalog, "flights")) == []
    assert scientist.tables.exists(f"{catalog}.flights.trips").table_exists
    held = scientist.grants.get_effective("table", f"{catalog}.flights.trips").privilege_assignments or []
    assert held == []  # BROWSE is not listed below its catalog
    shown = admin.grants.get_effective("schema", f"{catalog}.flights").privilege_assignments or []
    assert [privilege for assignment in shown for privilege in assignment.privileges or []] == []


def test_data_leaves_by_the_catalog_owners_word_alone(server: Server, people: People, catalog: str) -> None:
    admin, scientist = server.admin(), server.client(people.scientist)
    use = PermissionsChange(principal=people.scientist, add=[Privilege.USE_CATALOG])
    admin.grants.update("catalog", catalog, changes=[use])
    admin.schemas.update(f"{catalog}.flights", owner=people.scientist)
    out = [PermissionsChange(principal=people.scientist, add=[Privilege.EXTERNAL_USE_SCHEMA])]
    assert not _succeeds(scientist, lambda w: w.grants.update("schema", f"{catalog}.flights", changes=out))
    assert _succeeds(admin, lambda w: w.grants.update("schema", f"{catalog}.flights", changes=out))


def test_lists_come_in_pages(server: Server, catalog: str) -> None:
    admin = server.admin()
    for number in range(5):
        admin.volumes.create(catalog, "flights", f"v{number}", VolumeType.MANAGED)
    address = "/api/2.1/unity-catalog/volumes"
    query: dict[str, object] = {"catalog_name": catalog, "schema_name": "flights", "max_results": 2}
    first = admin.api_client.do("GET", address, query=query)
    assert isinstance(first, dict) and [one["name"] for one in first["volumes"]] == ["v0", "v1"]
    assert len(list(admin.volumes.list(catalog, "flights", max_results=2))) == 5
