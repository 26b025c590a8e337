"""A real web server for webhooks: answers with the statuses it was told, then with 200, and keeps what it got."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 30


@dataclass
class Receiver:
    """Where it is, what it will answer, what it got (headers and JSON)."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], Any]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver on a free port."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.got.append((dict(self.headers), json.loads(body)))
            self.send_response(told.statuses.pop(0) if told.statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        told.url = f"http://127.0.0.1:{web.server_port}/hook"
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield told
        web.shutdown()


def until(condition: Callable[[], object]) -> None:
    """Wait for something that happens in the background."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
