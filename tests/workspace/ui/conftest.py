"""A real browser, and people who look at the pages with it; what the browser complains of fails the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.workspace import jobs_support
from tests.workspace.conftest import People, Server
from tests.workspace.ui import browser as browsers
from tests.workspace.ui.world import World, make

Sign = Callable[..., Page]
PATIENCE_MILLISECONDS = 15_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The running browser; as root it can have no sandbox."""
    found = browsers.find()
    if found is None:
        pytest.skip(browsers.WHY_NOT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=found.program,
            env={**os.environ, **found.environment},
            chromium_sandbox=os.geteuid() != 0,
        )
        yield running
        running.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What consoles say, refusals of the Content-Security-Policy included; a test that expects some takes them out."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def visitor(chromium: Browser, complaints: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts, each with a cookie jar of its own."""
    opened: list[BrowserContext] = []

    def visit(**options: object) -> BrowserContext:
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        opened.append(context)
        return context

    yield visit
    for context in opened:
        context.close()


@pytest.fixture
def signed_in(server: Server, visitor: Callable[..., BrowserContext]) -> Sign:
    """Signs somebody in as a person does, the administrator unless told; returns the page."""

    def sign(principal: str = "", workspace: str = "dev", **options: object) -> Page:
        client = server.client(principal, workspace) if principal else server.admin(workspace)
        page = visitor(**options).new_page()
        page.goto(f"{server.host(workspace)}/ui/")
        page.get_by_label("Access token").fill(str(client.config.token))
        page.keyboard.press("Enter")
        page.get_by_role("heading", level=1, name="Workspace").wait_for()
        return page

    return sign


@pytest.fixture(scope="session")
def world(server: Server, people: People, tmp_path_factory: pytest.TempPathFactory) -> World:
    """One of everything in the workspace `dev`."""
    workspace = jobs_support.served(server, tmp_path_factory)
    return make(server, workspace, tmp_path_factory.mktemp("model"))
