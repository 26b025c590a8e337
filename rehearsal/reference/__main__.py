"""Writes docs/emulated.md, asking a workspace that it runs for a moment: `make docs`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from fastapi import FastAPI

from rehearsal.reference.asked import Ask, body_of, verb_of
from rehearsal.reference.page import FILE, page
from rehearsal.reference.sdk_methods import SdkMethod
from rehearsal.workspace.app import create_app, running
from rehearsal.workspace.context import ACCOUNT, WORKSPACES, Platform, Ports
from rehearsal.workspace.identity import bootstrap, token_permissions, tokens
from rehearsal.workspace.store import Store

_PORT_BASE = 8440  # nothing listens: the applications are called in this process


def main() -> None:
    """Write the page."""
    with TemporaryDirectory() as scratch:
        platform = Platform(Path(scratch), Store(Path(scratch, "state.sqlite")), Ports(_PORT_BASE))
        with platform.store.transaction() as tx:
            bootstrap.bootstrap(tx)
            token_permissions.announce(tx)
            token = tokens.issue(tx, bootstrap.ADMIN, None, "for the page of what is emulated")
        with running(platform, without=frozenset({"compute"})):
            apps = {"w": create_app(platform, WORKSPACES[0]), "a": create_app(platform, ACCOUNT)}
            text = page(_asker(apps, token), [app.openapi() for app in apps.values()])
    FILE.write_text(text, encoding="utf-8")
    print(f"docs/{FILE.name}")


def _asker(apps: dict[str, FastAPI], token: str) -> Ask:
    """Asks the applications without a network between."""

    async def answer(method: SdkMethod) -> httpx.Response:
        transport = httpx.ASGITransport(apps[method.client], raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            return await client.request(verb_of(method), method.path, json=body_of(method))

    return lambda method: asyncio.run(answer(method))


if __name__ == "__main__":
    main()
