"""Signing in and out: by token and by one-time address, what is told when it fails, and what nobody can forge."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.workspace.conftest import ROOT, People, Server
from tests.workspace.ui.conftest import Sign

UNAUTHORIZED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"


def one_time_address(server: Server, principal: str) -> str:
    command = [sys.executable, "-m", "rehearsal.workspace", "sign-in", principal, "--home", str(server.home)]
    command += ["--port-base", str(server.port_base), "--workspace", "dev"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def test_a_wrong_token_is_told_and_a_right_one_leads_on(
    server: Server, visitor: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    page = visitor().new_page()
    page.goto(f"{server.host('dev')}/")
    page.get_by_label("Access token").fill("dapi-nobody-made-this")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This token is not known, or has expired.")
    assert complaints == [UNAUTHORIZED]
    complaints.clear()
    page.get_by_label("Access token").fill(str(server.admin().config.token))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.host('dev')}/ui/")


def test_the_session_is_a_cookie_that_scripts_cannot_read_and_that_signing_out_ends(
    server: Server, signed_in: Sign
) -> None:
    page = signed_in()
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert cookie["value"] != server.admin().config.token
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to dev")).to_be_visible()
    jar = {cookie["name"]: cookie["value"]}
    again = httpx.get(f"{server.host('dev')}/ui/", cookies=jar)
    assert (again.status_code, again.headers["location"]) == (303, "/ui/sign-in?next=/ui/&over=1")
    bearer = {"Authorization": f"Bearer {cookie['value']}"}
    assert httpx.get(f"{server.host('dev')}/api/2.0/preview/scim/v2/Me", headers=bearer).status_code == 401


def test_a_session_ends_with_the_token_that_it_was_got_with(server: Server, people: People) -> None:
    client = server.client(people.engineer)
    made = client.tokens.create(comment="for the pages", lifetime_seconds=600)
    host = server.host("dev")
    with httpx.Client(base_url=host, headers={"Origin": host}) as session:
        assert session.post("/ui/sign-in", data={"credential": str(made.token_value)}).status_code == 303
        assert session.get("/ui/").status_code == 200
        client.tokens.delete(str(made.token_info.token_id if made.token_info else ""))
        assert session.get("/ui/").status_code == 303


def test_a_one_time_address_signs_in_once(
    server: Server, people: People, visitor: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    address = one_time_address(server, people.scientist)
    page = visitor().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    expect(page.get_by_role("heading", name="Workspace dev")).to_be_visible()
    expect(page.locator(".person")).to_contain_text(people.scientist)
    code = address.partition("#")[2]
    assert not any(code in url for url in asked)
    assert code not in (server.home / "server.log").read_text()
    other = visitor().new_page()
    other.goto(address)
    expect(other.get_by_role("alert")).to_have_text("This sign-in code was used before, or has expired.")
    assert complaints == [UNAUTHORIZED]
    complaints.clear()


def test_forms_of_elsewhere_are_refused(server: Server) -> None:
    host = server.host("dev")
    token = str(server.admin().config.token)
    assert httpx.post(f"{host}/ui/sign-in", data={"credential": token}).status_code == 403
    elsewhere = {"Origin": server.host("prod")}
    assert httpx.post(f"{host}/ui/sign-in", data={"credential": token}, headers=elsewhere).status_code == 403
    with httpx.Client(base_url=host, headers={"Origin": host}) as session:
        assert session.post("/ui/sign-in", data={"credential": token}).status_code == 303
        assert session.post("/ui/sign-out").status_code == 403
        assert session.post("/ui/sign-out", data={"form_key": "0" * 64}).status_code == 403
        assert session.get("/ui/").status_code == 200


@pytest.mark.parametrize("address", ["https://example.com", "//example.com", "/\\example.com", "/api/2.0/token/list"])
def test_signing_in_leads_nowhere_else(server: Server, address: str) -> None:
    host = server.host("dev")
    form = {"credential": str(server.admin().config.token), "next": address}
    answer = httpx.post(f"{host}/ui/sign-in", data=form, headers={"Origin": host})
    assert answer.headers["location"] == "/ui/"
