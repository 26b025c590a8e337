"""The key of masks' hashes. Without one, who knows all tail numbers hashes them all, and has them back.

It is made by the first snapshot and lies in a scope of secrets that nobody but the jobs may read: so it stays the same
from one snapshot to the next, and nobody has to bring it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound

from environments import names
from environments.settings import Environment

SECRET = "mask_key"
KEY_BYTES, FINGERPRINT_LENGTH = 32, 8


def mask_key(workspace: WorkspaceClient, environment: Environment) -> str:
    """The environment's key; models share it, as they share tables."""
    scope = names.mask_scope(environment)
    try:
        return _read(workspace, scope)
    except NotFound:
        workspace.secrets.put_secret(scope, SECRET, string_value=secrets.token_hex(KEY_BYTES))
        return _read(workspace, scope)


def fingerprint(key: str) -> str:
    """What tells one key from another, and nothing of the key."""
    return hashlib.sha256(key.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def _read(workspace: WorkspaceClient, scope: str) -> str:
    return base64.b64decode(workspace.secrets.get_secret(scope, SECRET).value or "").decode()
