"""What the workspace and a model server say to each other over a loopback connection: frames, not HTTP.

A connection begins with the key that the workspace gave the process, and a line end. Then requests travel in groups:
those that waited for the same connection go together, each but the last marked with MORE. Each is answered by one
frame, in the same order. A connection carries one group at a time, so neither side needs numbers to tell them apart.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

KEY_VARIABLE = "MODEL_SERVER_KEY"
SCORE, PING, SHUTDOWN = 0, 1, 2
# Kind, more to come in this group, length of the content type, length of the body.
REQUEST = struct.Struct("<B?HI")
# HTTP status, length of the body.
ANSWER = struct.Struct("<HI")


class Request(NamedTuple):
    """One request of a group."""

    kind: int
    content_type: str
    body: bytes


class Answer(NamedTuple):
    """What goes back: HTTP status and JSON text."""

    status: int
    body: bytes


def request_frame(kind: int, content_type: str, body: bytes, more: bool) -> bytes:
    """A request as it travels."""
    mime = content_type.encode("latin-1", errors="replace")
    return REQUEST.pack(kind, more, len(mime), len(body)) + mime + body


def answer_frame(answer: Answer) -> bytes:
    """An answer as it travels."""
    return ANSWER.pack(answer.status, len(answer.body)) + answer.body
