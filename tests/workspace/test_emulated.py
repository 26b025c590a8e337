"""The page "What is emulated" says what the running workspace answers, and every service speaks for itself on it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from rehearsal.reference.asked import Ask, body_of, verb_of
from rehearsal.reference.page import FILE, notes, page
from rehearsal.workspace.app import ACCOUNT_ROUTES, ROUTES
from tests.workspace.conftest import Server


@pytest.fixture
def clients(server: Server) -> Iterator[dict[str, httpx.Client]]:
    """Plain HTTP clients of a workspace (`w`) and of the account (`a`), as the administrator."""
    headers = server.admin().config.authenticate()
    with ExitStack() as stack:
        yield {
            letter: stack.enter_context(httpx.Client(base_url=server.host(name), headers=headers, trust_env=False))
            for letter, name in (("w", "dev"), ("a", "account"))
        }


def test_the_page_is_what_the_workspace_answers(clients: dict[str, httpx.Client]) -> None:
    documents = [client.get("/openapi.json").json() for client in clients.values()]
    made = page(_asker(clients), documents)
    written = FILE.read_text(encoding="utf-8")
    changed = "\n".join(
        difflib.unified_diff(written.splitlines(), made.splitlines(), "written", "now", n=0, lineterm="")
    )
    assert not changed, f"run `make docs`:\n{changed}"


def test_every_service_says_what_it_does() -> None:
    told = {module for module, _ in notes()}
    services = {f"rehearsal.workspace.{service}.emulation" for service in (*ROUTES, *ACCOUNT_ROUTES)}
    assert services - told == set()
    assert [module for module, note in notes() if not (note.summary and note.works)] == []


def _asker(clients: dict[str, httpx.Client]) -> Ask:
    return lambda method: clients[method.client].request(verb_of(method), method.path, json=body_of(method))
