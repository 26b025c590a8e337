"""Short-lived signed URLs of artifacts and of statements' results, for the cloud storage's own (SAS) URLs.

A URL carries its method, workspace, path and end of validity under an HMAC; whoever has it may use it, without a token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from urllib.parse import quote, urlencode

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError, denied
from rehearsal.workspace.store import Transaction

PREFIX = "/mlflow-artifact-storage/"
LIFETIME_SECONDS = 3600


def sign(
    platform: Platform,
    workspace: str,
    method: str,
    path: str,
    prefix: str = PREFIX,
    lifetime: int = LIFETIME_SECONDS,
) -> str:
    """A URL at which `method` (GET or PUT) works on the file `path` for `lifetime` seconds."""
    expires = int(time.time()) + lifetime
    with platform.store.transaction() as tx:
        signature = _signature(_key(tx), method, workspace, path, expires)
    query = urlencode({"expires": expires, "signature": signature})
    return f"{platform.host(workspace)}{prefix}{quote(path)}?{query}"


def verify(platform: Platform, workspace: str, method: str, path: str, expires: int, signature: str) -> None:
    """Refuse a URL that this platform did not sign, or whose time is over. Raises DatabricksError 403."""
    with platform.store.transaction() as tx:
        expected = _signature(_key(tx), method, workspace, path, expires)
    if not hmac.compare_digest(expected, signature):
        raise denied("The signature of the URL does not match.")
    if expires < time.time():
        raise DatabricksError(403, "PERMISSION_DENIED", "The signed URL has expired.")


def _key(tx: Transaction) -> bytes:
    body = tx.get("mlflow_signing_key", "current")
    if body is None:
        body = {"key": secrets.token_hex(32)}
        tx.put("mlflow_signing_key", "current", body)
    return bytes.fromhex(body["key"])


def _signature(key: bytes, method: str, workspace: str, path: str, expires: int) -> str:
    text = "\n".join((method, workspace, path, str(expires)))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
