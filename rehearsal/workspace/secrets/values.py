"""The secrets of a scope: in no list, no message and no log is a value.

Only who asks for one by name and may read it gets it, as `dbutils.secrets` does.
"""

from __future__ import annotations

import base64
import binascii
import time

from databricks.sdk.service.workspace import SecretMetadata

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid, not_found
from rehearsal.workspace.secrets import scopes
from rehearsal.workspace.secrets.scopes import READ, WRITE
from rehearsal.workspace.store import Body, Transaction

KIND = "secret_value"
_LARGEST = 128 * 1024
_MOST = 1000


def put(tx: Transaction, call: Call, wanted: Body) -> None:
    """Store a secret in place of what was there. Raises DatabricksError 400, 403, 404."""
    scope = str(wanted.get("scope") or "")
    scopes.require(tx, call, scope, WRITE)
    key = scopes.checked_name(wanted.get("key"), "Secret key")
    given = [field for field in ("string_value", "bytes_value") if wanted.get(field) is not None]
    if len(given) != 1:
        raise DatabricksError(
            400, "MALFORMED_REQUEST", "Exactly one of string_value and bytes_value must be specified."
        )
    value = _bytes(given[0], wanted[given[0]])
    if len(value) > _LARGEST:
        raise invalid(f"The value of a secret may not exceed {_LARGEST // 1024} KB.")
    held = tx.list(KIND, _prefix(call, scope))
    if len(held) >= _MOST and tx.get(KIND, _prefix(call, scope) + key) is None:
        raise DatabricksError(400, "RESOURCE_LIMIT_EXCEEDED", f"Scope {scope} has {_MOST} secrets, which is the limit.")
    body = {"key": key, "value": base64.b64encode(value).decode(), "changed_at": int(time.time() * 1000)}
    tx.put(KIND, _prefix(call, scope) + key, body)


def get(tx: Transaction, call: Call, scope: str, key: str) -> str:
    """A secret's value in base64. Raises DatabricksError 403, 404."""
    scopes.require(tx, call, scope, READ)
    body = tx.get(KIND, _prefix(call, scope) + key)
    if body is None:
        raise _missing(scope, key)
    return str(body["value"])


def listed(tx: Transaction, call: Call, scope: str) -> list[SecretMetadata]:
    """Names of the secrets and when they were changed. Raises DatabricksError 403, 404."""
    scopes.require(tx, call, scope, READ)
    return [
        SecretMetadata(key=body["key"], last_updated_timestamp=body["changed_at"])
        for body in tx.list(KIND, _prefix(call, scope))
    ]


def delete(tx: Transaction, call: Call, scope: str, key: str) -> None:
    """Forget a secret. Raises DatabricksError 403, 404."""
    scopes.require(tx, call, scope, WRITE)
    if not tx.delete(KIND, _prefix(call, scope) + key):
        raise _missing(scope, key)


def delete_all(tx: Transaction, call: Call, scope: str) -> None:
    """Forget all secrets of a scope that is deleted. The caller has checked permissions."""
    for key, _ in tx.items(KIND, _prefix(call, scope)):
        tx.delete(KIND, key)


def _bytes(field: str, value: str) -> bytes:
    if field == "string_value":
        return value.encode()
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise invalid("bytes_value is not base64.") from error


def _missing(scope: str, key: str) -> DatabricksError:
    return not_found(f"Secret does not exist with scope: {scope} and key: {key}")


def _prefix(call: Call, scope: str) -> str:
    # A scope's name has no colon, so that no scope's secrets begin like another's.
    return f"{call.workspace}/{scope}:"
