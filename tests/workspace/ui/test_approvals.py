"""A version that waits for approval: who may tag it says yes or no on the model's page, others are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from playwright.sync_api import Page, expect

from rehearsal.workspace.ui.approvals import waiting
from tests.workspace.conftest import People, Server
from tests.workspace.ui.conftest import Sign
from tests.workspace.ui.test_pages import findings
from tests.workspace.ui.world import CATALOG, HOSTILE, MODEL, World

REGISTRY = "/api/2.0/mlflow/unity-catalog/model-versions"
VERSION = {"name": MODEL, "version": "1"}
READING = [Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.EXECUTE]
NAMES = ("approval_status", "approval", "approval_by", "approval_reason")


def tags(server: Server) -> dict[str, str]:
    answer = server.admin().api_client.do("GET", f"{REGISTRY}/get", query=VERSION)
    assert isinstance(answer, dict)
    return {tag["key"]: tag["value"] for tag in answer["model_version"].get("tags", [])}


@pytest.fixture
def asked(server: Server, people: People, world: World) -> Iterator[str]:
    """The page of a model whose version 1 waits; the engineer may tag it, the scientist only look."""
    admin = server.admin()
    changes = [PermissionsChange(principal=name, add=READING) for name in (people.engineer, people.scientist)]
    admin.grants.update("catalog", CATALOG, changes=changes)
    tagging = PermissionsChange(principal=people.engineer, add=[Privilege.APPLY_TAG])
    admin.grants.update("function", MODEL, changes=[tagging])
    admin.api_client.do("POST", f"{REGISTRY}/set-tag", body={**VERSION, "key": "approval_status", "value": "PENDING"})
    yield f"{server.host('dev')}/ui/models/{MODEL}"
    for name in NAMES:
        admin.api_client.do("DELETE", f"{REGISTRY}/delete-tag", body={**VERSION, "key": name})
    for name in (people.engineer, people.scientist):
        admin.grants.update("catalog", CATALOG, changes=[PermissionsChange(principal=name, remove=READING)])


def say(page: Page, address: str, button: str, reason: str) -> None:
    page.goto(address)
    form = page.get_by_role("region", name="Version 1 waits for approval")
    form.get_by_label("Reason").fill(reason)
    form.get_by_role("button", name=button).click()


@pytest.mark.parametrize(("button", "answer"), [("Approve", "Approved"), ("Reject", "Rejected")])
def test_who_may_tag_the_version_answers(
    server: Server, people: People, asked: str, signed_in: Sign, button: str, answer: str
) -> None:
    page = signed_in(people.engineer)
    page.goto(asked)
    assert findings(page) == []
    say(page, asked, button, HOSTILE)
    expect(page.get_by_role("button", name=button)).to_have_count(0)
    expect(page.get_by_role("region", name="Table of versions")).to_contain_text(f"approval: {answer}")
    assert tags(server) == {
        "approval_status": "PENDING",
        "approval": answer,
        "approval_by": people.engineer,
        "approval_reason": HOSTILE,
    }


def test_a_reader_is_refused(
    server: Server, people: People, asked: str, signed_in: Sign, complaints: list[str]
) -> None:
    page = signed_in(people.scientist)
    say(page, asked, "Reject", "mine")
    expect(page.get_by_role("heading", level=1, name="Forbidden")).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text(MODEL)
    assert tags(server) == {"approval_status": "PENDING"}
    complaints.clear()  # the browser's words on the refusal


def test_what_waits_is_told_by_the_tags() -> None:
    both = [
        ("Approval_Legal_status", "PENDING"),
        ("approval_status", "PENDING"),
        ("model_validation_status", "PENDING"),
    ]
    assert waiting(both) == ["Approval_Legal", "approval"]
    assert waiting([*both, ("approval", "Approved")]) == ["Approval_Legal"]
    assert waiting([("approval_status", "TIMED_OUT")]) == []
