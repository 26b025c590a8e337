"""What of a request may be written down: never a credential, whatever it is called or looks like. Pure.

Two nets, one behind the other: names of fields that hold secrets (known by what they are called, and all values sent to
services whose business is secrets), and texts that look like a credential wherever they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

REDACTED = "REDACTED"
# Services that are sent secrets, and the few parameters of theirs that say what was asked for.
_SECRETIVE = {
    "secrets": frozenset({"scope", "key", "principal", "permission"}),
    "oauth": frozenset({"grant_type", "scope", "client_id", "account_id", "tenant"}),
}
_SECRET_NAME = re.compile(
    r"token|secret|passw|credential(?!_name|_id|s?$)|assertion|private|string_value|bytes_value|auth", re.I
)
# Fields that the pattern takes for secrets, and that are none.
_HARMLESS = frozenset({"page_token", "next_page_token", "token_id", "secret_id", "max_tokens", "authorization_details"})
_TOKEN_TEXT = re.compile(
    r"dapi[0-9a-f]{8,}"  # personal access tokens and OAuth access tokens
    r"|dose[0-9a-zA-Z]{8,}"  # OAuth secrets
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web tokens
    r"|[Bb]earer\s+\S+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password of a URL
    r"|(?<=sig=)[^&\s]+",  # signatures of signed URLs
)
_LONGEST = 4_096


def parameters(service: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as the audit log shows them: texts, those of nested fields as JSON."""
    shown = _SECRETIVE.get(service)
    return {
        name: _text(value) if (shown is None or name in shown) and not _is_secret(name) else REDACTED
        for name, value in given.items()
        if value is not None
    }


def message(service: str, text: str) -> str:
    """An error's message; of services that are sent secrets it is left out, since it may quote one."""
    return REDACTED if service in _SECRETIVE else cleaned(text)


def cleaned(text: str) -> str:
    """The text, shortened, without whatever looks like a credential."""
    return _TOKEN_TEXT.sub(REDACTED, text)[:_LONGEST]


def _text(value: Any) -> str:
    return cleaned(value if isinstance(value, str) else json.dumps(_within(value), separators=(",", ":")))


def _within(value: Any) -> Any:
    if isinstance(value, Mapping):
        # A pair of "key" and "value" may be one of environment variables or of a notification's headers.
        return {name: REDACTED if _is_secret(str(name)) else _within(inner) for name, inner in value.items()}
    return [_within(inner) for inner in value] if isinstance(value, list) else value


def _is_secret(name: str) -> bool:
    return name.lower() not in _HARMLESS and _SECRET_NAME.search(name) is not None
