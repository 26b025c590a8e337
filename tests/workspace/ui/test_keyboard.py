"""Whole journeys with the keyboard alone: from the first page to what one wants to know."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.workspace.ui.conftest import Sign
from tests.workspace.ui.world import CATALOG, ENDPOINT, SOURCE, TABLE, World


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Press Tab until what has the focus says so; every stop on the way must be visible, with a visible focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            """() => {
                const e = document.activeElement, at = e.getBoundingClientRect();
                const marked = getComputedStyle(e).outlineStyle !== 'none' || e.closest('svg, [role=tree]');
                return at.width > 0 && at.height > 0 && !!marked;
            }"""
        )
        assert shown, f"the focus cannot be seen on {focused(page)!r}"
        if focused(page) == words:
            return
    raise AssertionError(f"{words!r} was not reached by {most} tabs")


def test_the_skip_link_comes_first_and_leads_to_the_content(world: World, signed_in: Sign) -> None:
    page = signed_in()
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_table_is_found_by_search(world: World, signed_in: Sign) -> None:
    page = signed_in()
    page.keyboard.press("/")
    page.keyboard.type("departures")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("found for")
    tab_to(page, TABLE)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(TABLE)
    expect(page.get_by_role("rowheader", name="carrier")).to_be_visible()


def test_the_tree_is_walked_by_arrows(world: World, signed_in: Sign) -> None:
    page = signed_in()
    tab_to(page, "Catalog")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Catalog")
    first = page.get_by_role("treeitem").first
    first.focus()
    page.keyboard.press("End")
    for _ in range(10):
        if focused(page) == CATALOG:
            break
        page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    flights = page.get_by_role("treeitem", name="flights", exact=True)
    expect(flights).to_be_visible()
    page.keyboard.press("ArrowRight")  # into the catalog: its first schema is `default`
    page.keyboard.press("ArrowDown")
    expect(flights).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="departures")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="departures")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name=CATALOG, exact=False).last).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(CATALOG)


def test_lineage_is_walked_to_where_a_table_comes_from(world: World, signed_in: Sign) -> None:
    page = signed_in()
    page.goto(page.url.replace("/ui/", f"/ui/catalog/table/{TABLE}"))
    tab_to(page, "Lineage")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Made from").get_by_role("link")).to_have_text(SOURCE)
    drawing = page.get_by_role("group", name=f"Tables up and down of {TABLE}")
    drawing.get_by_role("link", name="landed").press("Enter")
    expect(page.get_by_role("region", name="Used by").get_by_role("link")).to_have_text(TABLE)


def test_an_endpoint_is_tried(world: World, signed_in: Sign) -> None:
    page = signed_in()
    tab_to(page, ENDPOINT)
    page.keyboard.press("Enter")
    request = page.get_by_label("Request (JSON)")
    expect(request).to_have_value('{\n  "dataframe_records": [\n    {\n      "distance": 1.0\n    }\n  ]\n}')
    request.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type('{"dataframe_records": [{"distance": 21}]}')
    tab_to(page, "Send request")
    page.keyboard.press("Enter")
    answer = page.get_by_role("status")
    expect(answer).to_contain_text("predictions")
    expect(answer).to_contain_text("42")
    page.get_by_label("Request (JSON)").fill("{")
    page.get_by_role("button", name="Send request").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The request is no JSON")


def test_a_run_is_started_followed_to_its_end_and_repaired(world: World, signed_in: Sign) -> None:
    page = signed_in()
    page.goto(page.url.replace("/ui/", f"/jobs/{world.job}"))
    tab_to(page, "Run now")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Tasks of this run").get_by_role("link", name="produce: ")).to_be_visible()
    # The page renews itself: no hand is needed.
    expect(page.locator("#about")).to_contain_text("success", timeout=60_000)
    page.goto(page.url.partition("/ui/")[0] + f"/ui/jobs/0/runs/{world.bad_run}")
    tab_to(page, "Repair")
    page.keyboard.press("Enter")
    expect(page.locator("#about")).to_contain_text("failed", timeout=60_000)
    expect(page.locator("#card-fail")).to_contain_text("the source has no column dep_delay")
