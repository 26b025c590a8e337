"""Who is signed in on the pages: a cookie that holds a short-lived token of its own, never the one that was pasted.

The token in the cookie is a token like any other: it is stored as a hash, expires, and is revoked by signing out. It
lives no longer than the token that it was got with, and ends with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from rehearsal.workspace.context import ACCOUNT, Platform, Principal
from rehearsal.workspace.errors import unauthenticated
from rehearsal.workspace.identity import principals, tokens
from rehearsal.workspace.store import Transaction

LIFETIME_SECONDS = 12 * 3600
_SESSION, _CODE = "ui_session", "ui_sign_in_code"
CODE_PREFIX = "sign-in-"


def cookie_name(platform: Platform) -> str:
    """The cookie's name; browsers tell hosts apart, not ports, so that two installations need two names."""
    return f"understudy_session_{platform.ports.base}"


def open_with_token(tx: Transaction, token: str, workspace: str) -> str:
    """Exchange a token for that of a new session. Raises DatabricksError 401 or 403."""
    principal = tokens.authenticate(tx, token, workspace)
    record = tokens.record_of(tx, token) or {}
    expiry = int(record["expiry_time"])
    left = LIFETIME_SECONDS if expiry < 0 else max(1, expiry // 1000 - int(time.time()))
    good_in = str(record.get("workspace", ACCOUNT))
    return _open(tx, principal.name, min(left, LIFETIME_SECONDS), str(record["token_id"]), good_in)


def open_with_code(tx: Transaction, code: str) -> str:
    """Exchange a sign-in code, which is used up by this, for the token of a new session. Raises DatabricksError 401."""
    stored = tx.get(_CODE, _hash(code))
    if stored is None or stored["expires"] < time.time():
        raise unauthenticated("This sign-in code was used before, or has expired.")
    tx.delete(_CODE, _hash(code))
    return _open(tx, stored["principal"], LIFETIME_SECONDS, None, ACCOUNT)


def make_code(tx: Transaction, principal_name: str, lifetime_seconds: int) -> str:
    """A code that signs the principal in once. Raises DatabricksError 404 for an unknown principal."""
    principals.load(tx, principal_name)
    code = CODE_PREFIX + secrets.token_urlsafe(24)
    tx.put(_CODE, _hash(code), {"principal": principal_name, "expires": time.time() + lifetime_seconds})
    return code


def read(tx: Transaction, token: str, workspace: str) -> Principal:
    """Who holds the session. Raises DatabricksError 401 when it is over, 403 when he may not enter the workspace."""
    stored = tx.get(_SESSION, _hash(token))
    if stored is None or (stored["parent"] and tx.get(tokens.KIND, stored["parent"]) is None):
        raise unauthenticated("The session is over.")
    return tokens.authenticate(tx, token, workspace)


def close(tx: Transaction, token: str) -> None:
    """End the session and its token."""
    record = tokens.record_of(tx, token)
    if tx.delete(_SESSION, _hash(token)) and record is not None:
        tokens.revoke(tx, record["token_id"])


def form_key(token: str) -> str:
    """What a form of this session carries, so that no other site can post it: nobody else can compute it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def _open(tx: Transaction, principal_name: str, lifetime_seconds: int, parent: str | None, good_in: str) -> str:
    comment = "signed in on the web pages"
    token, record = tokens.create(tx, principal_name, lifetime_seconds, comment, personal=False, workspace=good_in)
    for key, stored in tx.items(_SESSION):
        if tx.get(tokens.KIND, stored["token_id"]) is None:
            tx.delete(_SESSION, key)
    tx.put(_SESSION, _hash(token), {"parent": parent, "token_id": record["token_id"]})
    return token


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
