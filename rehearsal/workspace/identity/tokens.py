"""Bearer tokens: personal access tokens and OAuth access tokens. Only their hashes are stored.

A token that a workspace gave is good in that workspace alone; one of the account, wherever its principal may enter.
"""

from __future__ import annotations

import hashlib
import secrets
import time

from rehearsal.workspace.account import assignments
from rehearsal.workspace.context import ACCOUNT, Principal
from rehearsal.workspace.errors import DatabricksError, denied, not_found, unauthenticated
from rehearsal.workspace.identity import principals
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.store import Body, Transaction

KIND = "token"
_REFUSED = "Invalid access token."


def issue(tx: Transaction, principal_name: str, lifetime_seconds: int | None, comment: str) -> str:
    """Make a personal access token of an existing principal and return its text, which nothing remembers.

    Args:
        lifetime_seconds: None for a token that does not expire.
    """
    return create(tx, principal_name, lifetime_seconds, comment)[0]


def create(
    tx: Transaction,
    principal_name: str,
    lifetime_seconds: int | None,
    comment: str,
    personal: bool = True,
    workspace: str = ACCOUNT,
    creator: str | None = None,
) -> tuple[str, Body]:
    """Make a token; returns its text and its stored record.

    Args:
        personal: the token API lists it.
        workspace: where alone it is good; the account stands for everywhere.
        creator: who made it for the principal, where that was somebody else.
    """
    principal = principals.load(tx, principal_name)
    _forget_expired(tx)
    text = "dapi" + secrets.token_hex(16)
    now = _milliseconds()
    record: Body = {
        "token_id": _hash(text),
        "principal": principal.name,
        "creation_time": now,
        "expiry_time": -1 if lifetime_seconds is None else now + lifetime_seconds * 1000,
        "comment": comment,
        "personal": personal,
        "workspace": workspace,
        "creator": creator or principal.name,
    }
    tx.put(KIND, record["token_id"], record)
    return text, record


def authenticate(tx: Transaction, token: str, workspace: str = ACCOUNT) -> Principal:
    """The principal that the token stands for, acting in the workspace that was called.

    Raises DatabricksError: 401, or 403 when the principal is not assigned to the workspace.
    """
    record = tx.get(KIND, _hash(token))
    if record is None or _expired(record) or record.get("workspace", ACCOUNT) not in (ACCOUNT, workspace):
        raise unauthenticated(_REFUSED)
    try:
        principal = principals.load(tx, record["principal"], workspace)
    except DatabricksError as error:
        raise unauthenticated(_REFUSED) from error
    resource = tx.get(principal.kind, principal.id) or {}
    if not resource.get("active", True):
        raise unauthenticated(f"Principal {principal.name} is not active.")
    if not assignments.may_enter(tx, principal, workspace):
        raise denied(f"Unauthorized access to Org: {workspace_id(workspace)}")
    return principal


def is_valid(tx: Transaction, token: str) -> bool:
    """Would the token be accepted?"""
    try:
        authenticate(tx, token)
    except DatabricksError:
        return False
    return True


def record_of(tx: Transaction, token: str) -> Body | None:
    """The stored record of a token's text, or None for one that nobody made, or that was revoked."""
    return tx.get(KIND, _hash(token))


def personal_tokens(tx: Transaction, workspace: str) -> list[Body]:
    """Records of all valid personal access tokens that the workspace (or the account) has given."""
    return [
        record
        for record in tx.list(KIND)
        if record["personal"] and record.get("workspace", ACCOUNT) == workspace and not _expired(record)
    ]


def find_personal(tx: Transaction, workspace: str, token_id: str) -> Body:
    """The record of one of those tokens. Raises DatabricksError 404."""
    record = tx.get(KIND, token_id)
    if record is None or record not in personal_tokens(tx, workspace):
        raise not_found(f"Token with id {token_id} does not exist.")
    return record


def revoke(tx: Transaction, token_id: str) -> None:
    """End a token."""
    tx.delete(KIND, token_id)


def _forget_expired(tx: Transaction) -> None:
    """Every task gets a token of its own, so that expired ones would pile up."""
    for record in tx.list(KIND):
        if _expired(record):
            tx.delete(KIND, record["token_id"])


def _expired(record: Body) -> bool:
    return 0 <= int(record["expiry_time"]) <= _milliseconds()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _milliseconds() -> int:
    return int(time.time() * 1000)


def forget_principal(tx: Transaction, principal_name: str) -> None:
    """Drop all tokens of a principal that is deleted."""
    for record in tx.list(KIND):
        if record["principal"] == principal_name:
            tx.delete(KIND, record["token_id"])
