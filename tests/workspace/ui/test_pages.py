"""Every page in a real browser: nothing in it breaks out of its text, axe finds nothing serious, in light and dark."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.workspace.conftest import ROOT, Server
from tests.workspace.ui.conftest import Sign
from tests.workspace.ui.world import HOSTILE, World

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def findings(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    page.evaluate(AXE)
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)")
    return [
        f"{found['id']}: {json.dumps([node['html'][:160] for node in found['nodes'][:3]])}"
        for found in violations
        if found["impact"] in ("serious", "critical")
    ]


def test_every_page_is_whole_and_accessible(server: Server, world: World, signed_in: Sign) -> None:
    page = signed_in()
    wrong: dict[str, list[str]] = {}
    for address in world.pages():
        page.emulate_media(color_scheme="light")
        answer = page.goto(f"{server.host('dev')}{address}")
        assert answer is not None and answer.status == 200, (address, answer and answer.status)
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate("window.broken") is None, address
        found = findings(page)
        page.emulate_media(color_scheme="dark")
        found += findings(page)
        if found:
            wrong[address] = found
    assert wrong == {}


def test_what_looks_like_html_is_shown_as_text(server: Server, world: World, signed_in: Sign) -> None:
    page = signed_in()
    for address in ("/ui/catalog", "/ui/jobs", "/ui/alerts", f"/ui/jobs/{world.job}/runs/{world.good_run}"):
        page.goto(f"{server.host('dev')}{address}")
        assert HOSTILE in (page.locator("main").text_content() or ""), address
    page.goto(f"{server.host('dev')}/ui/mailbox")
    mail = page.get_by_role("article").filter(has_text=f"failing {HOSTILE}").first
    mail.get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("failing")
    expect(page.locator("main")).to_contain_text("the source has no column dep_delay")
