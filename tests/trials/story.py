"""A story: writes one after the other, and what the workspace must show after each of them, whenever it was killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]


class Refused(AssertionError):
    """The workspace answered a request with an error, which no story expects."""


class Api:
    """A thread's connection to the workspace."""

    def __init__(self, host: str, token: str) -> None:
        self._client = httpx.Client(base_url=host, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def ask(self, method: str, path: str, body: Json | None = None, **given: Any) -> httpx.Response:
        """The answer, whatever it is. Raises httpx.TransportError when there is none."""
        return self._client.request(method, path, json=body, **given)

    def do(self, method: str, path: str, body: Json | None = None, **given: Any) -> Json:
        """The answer to a request that must be served."""
        answer = self.ask(method, path, body, **given)
        if answer.is_error:
            raise Refused(f"{method} {path} {body}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else {}

    def found(self, path: str, *missing: str, **given: Any) -> Json | None:
        """What is there, or None when the answer is one of the error codes that say that nothing is."""
        answer = self.ask("GET", path, **given)
        if answer.is_success:
            return dict(answer.json())
        if answer.json().get("error_code") in {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", *missing}:
            return None
        raise Refused(f"GET {path}: {answer.status_code} {answer.text[:500]}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


@dataclass
class Step:
    """One write, and the state that is to be seen from then on.

    `partly` is what may be seen, too, of a write whose answer never came, where Databricks documents that.
    """

    do: Callable[[Api], Any]
    then: Any
    partly: tuple[Any, ...] = ()


@dataclass
class Story:
    """What one thread writes about one thing; nobody else writes about it.

    A write that was acknowledged is seen; the one that was under way is seen whole or not at all. The workspace gives
    out ids; `ids` are those that a client has seen, by the kind of thing.
    """

    name: str
    before: Any = None
    steps: list[Step] = field(default_factory=list)
    observe: Callable[[Api], Any] = lambda _: None
    acknowledged: int = 0
    ids: list[tuple[str, str]] = field(default_factory=list)
    _expected: list[Any] = field(default_factory=list)

    def tell(self, api: Api, stopped: Callable[[], bool]) -> None:
        """Write until the end or until the workspace is gone. Raises httpx.TransportError, Refused."""
        self._expected = [self.before]
        for step in self.steps:
            if stopped():
                return
            self._expected += [*step.partly, step.then]
            step.do(api)
            self.acknowledged += 1
            self._expected = [step.then]

    def check(self, api: Api) -> None:
        """Compare with what is seen; what one restart has shown, the next ones must not undo."""
        seen = self.observe(api)
        told = f"{self.name} after {self.acknowledged} writes"
        assert seen in self._expected, f"{told}: saw {seen}, expected {' or '.join(map(str, self._expected))}"
        self._expected = [seen]
