"""The pages show what the signed-in principal may see, and explain to who may know it what others may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databricks.sdk.service.catalog import (
    CatalogIsolationMode,
    PermissionsChange,
    Privilege,
    WorkspaceBinding,
    WorkspaceBindingBindingType,
)
from playwright.sync_api import Page, expect

from rehearsal.workspace.identity.installation import workspace_id
from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import make_table
from tests.workspace.ui.conftest import Sign
from tests.workspace.ui.world import World

CATALOG = "ui_prod"


@pytest.fixture(scope="module")
def production(server: Server, people: People) -> Iterator[str]:
    """A catalog that `dev` is bound to for reading; data scientists may read one of its two schemas."""
    admin = server.admin("prod")
    admin.catalogs.create(CATALOG)
    for schema in ("open", "closed"):
        admin.schemas.create(schema, CATALOG)
        make_table(server, f"{CATALOG}.{schema}.flights", {"carrier": "string"}, "prod")
    for kind, name, privileges in (
        ("catalog", CATALOG, [Privilege.USE_CATALOG]),
        ("schema", f"{CATALOG}.open", [Privilege.USE_SCHEMA, Privilege.SELECT, Privilege.MODIFY]),
        ("table", f"{CATALOG}.closed.flights", [Privilege.SELECT]),
    ):
        change = PermissionsChange(add=privileges, principal="data-scientists")
        admin.grants.update(kind, name, changes=[change])
    admin.catalogs.update(CATALOG, isolation_mode=CatalogIsolationMode.ISOLATED)
    reading, writing = (
        WorkspaceBinding(workspace_id=workspace_id(name), binding_type=binding)
        for name, binding in (
            ("dev", WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY),
            ("prod", WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE),
        )
    )
    admin.workspace_bindings.update_bindings("catalog", CATALOG, add=[reading, writing])
    yield CATALOG
    admin.catalogs.delete(CATALOG, force=True)


def row(page: Page, privilege: str) -> list[str]:
    """Cells of a privilege: may he, from where, hindered by what."""
    found = (
        page.get_by_role("region", name="Effective access")
        .get_by_role("row")
        .filter(has=page.get_by_role("rowheader", name=privilege, exact=True))
    )
    return [" ".join(text.split()) for text in found.get_by_role("cell").all_text_contents()]


def test_a_data_scientist_sees_prods_tables_and_no_more(
    server: Server, people: People, production: str, world: World, signed_in: Sign, complaints: list[str]
) -> None:
    page = signed_in(people.scientist)
    page.goto(f"{server.host('dev')}/ui/catalog/{production}.open")
    page.get_by_role("main").get_by_role("link", name="flights").click()
    expect(page.get_by_role("rowheader", name="carrier")).to_be_visible()
    page.goto(f"{server.host('dev')}/ui/search?q=ui")
    found = page.get_by_role("main").text_content() or ""
    assert f"{production}.open.flights" in found
    assert f"{production}.closed.flights" not in found
    assert "ui.flights" not in found and "failing" not in found and "ui-delay" not in found
    page.goto(f"{server.host('dev')}/ui/mailbox")
    expect(page.get_by_role("main")).to_contain_text("Only workspace administrators can see deliveries.")
    assert complaints == []
    for address in (
        f"/ui/catalog/table/{production}.closed.flights",
        f"/ui/jobs/{world.job}",
        "/ui/endpoints/ui-delay",
    ):
        answer = page.goto(f"{server.host('dev')}{address}")
        assert answer is not None and answer.status == 403, address
        expect(page.get_by_role("note")).to_contain_text("permission" if "table" not in address else "USE SCHEMA")
    complaints.clear()  # the browser's words on the three refusals


def test_effective_access_names_what_gives_and_what_hinders(
    server: Server, people: People, production: str, signed_in: Sign
) -> None:
    page = signed_in()
    page.goto(f"{server.host('dev')}/ui/access/table/{production}.open.flights")
    page.get_by_label("User, group or service principal").fill(people.scientist)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name=f"Effective access of {people.scientist}")).to_be_visible()
    granted = f"granted to data-scientists on schema {production}.open"
    assert row(page, "SELECT") == ["yes", granted, ""]
    reaching = page.get_by_role("region", name="Table of grants")
    expect(reaching.get_by_role("row", name=f"data-scientists SELECT schema {production}.open")).to_be_visible()
    hindered = f"catalog {production} is bound to this workspace for reading only"
    assert row(page, "MODIFY") == ["no", granted, hindered]
    page.goto(f"{server.host('dev')}/ui/access/table/{production}.closed.flights?principal=data-scientists")
    lacking = f"missing USE SCHEMA on schema {production}.closed"
    from_table = f"granted to data-scientists on table {production}.closed.flights"
    assert row(page, "SELECT") == ["no", from_table, lacking]


def test_who_does_not_manage_an_object_learns_of_his_own_access_alone(
    server: Server, people: People, production: str, signed_in: Sign
) -> None:
    page = signed_in(people.scientist)
    address = f"{server.host('dev')}/ui/access/table/{production}.open.flights"
    page.goto(address)
    assert row(page, "SELECT")[0] == "yes"
    page.goto(f"{address}?principal=admin@example.com")
    expect(page.get_by_role("note")).to_contain_text("Only who may manage the object")
