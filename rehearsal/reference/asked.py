"""Which requests a running local workspace has an answer for, found by asking it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import httpx

from rehearsal.reference.sdk_methods import SdkMethod

Ask = Callable[[SdkMethod], httpx.Response]
_MISSING = "ENDPOINT_NOT_FOUND"


def served(methods: Iterable[SdkMethod], ask: Ask) -> frozenset[SdkMethod]:
    """The methods to whose request the workspace knows an answer, be it a refusal."""
    return frozenset(method for method in methods if not _unknown(ask(method)))


def verb_of(method: SdkMethod) -> str:
    """An answer to HEAD has no body to tell by; the same path answers GET."""
    return "GET" if method.verb == "HEAD" else method.verb


def body_of(method: SdkMethod) -> list[object] | None:
    """A body that no route takes: with it, and with ids of nothing that exists, asking makes and changes nothing."""
    return None if method.verb in ("GET", "HEAD", "DELETE") else []


def _unknown(answer: httpx.Response) -> bool:
    if answer.status_code == 405:
        return True  # another method has this path
    if answer.status_code != 404:
        return False
    return bool(answer.json().get("error_code") == _MISSING)
