"""OAuth secrets of service principals. Only their hashes are stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import uuid
from datetime import UTC, datetime

from rehearsal.workspace.errors import not_found
from rehearsal.workspace.identity import directory
from rehearsal.workspace.store import Body, Transaction

KIND = "service_principal_secret"
# Databricks' secrets live two years at most.
_DEFAULT_LIFETIME_SECONDS = 730 * 24 * 3600


def create(tx: Transaction, service_principal_id: str, lifetime_seconds: int | None) -> tuple[str, Body]:
    """Make a secret; returns its text, which nothing remembers, and its record. Raises DatabricksError 404."""
    _require_service_principal(tx, service_principal_id)
    text = "dose" + secrets.token_hex(16)
    now = time.time()
    record: Body = {
        "id": str(uuid.uuid4()),
        "secret_hash": _hash(text),
        "status": "ACTIVE",
        "create_time": _timestamp(now),
        "update_time": _timestamp(now),
        "expire_time": _timestamp(now + (lifetime_seconds or _DEFAULT_LIFETIME_SECONDS)),
    }
    tx.put(KIND, f"{service_principal_id}/{record['id']}", record)
    return text, record


def listed(tx: Transaction, service_principal_id: str) -> list[Body]:
    """Records of the service principal's secrets. Raises DatabricksError 404."""
    _require_service_principal(tx, service_principal_id)
    return tx.list(KIND, f"{service_principal_id}/")


def delete(tx: Transaction, service_principal_id: str, secret_id: str) -> None:
    """End a secret. Raises DatabricksError 404."""
    if not tx.delete(KIND, f"{service_principal_id}/{secret_id}"):
        raise not_found(f"Service principal secret with id {secret_id} does not exist.")


def accepted(tx: Transaction, application_id: str, text: str) -> bool:
    """Is this a valid secret of the service principal of that application id?"""
    resource = directory.by_name(tx, "service_principal", application_id)
    if resource is None:
        return False
    now = _timestamp(time.time())
    return any(
        hmac.compare_digest(record["secret_hash"], _hash(text)) and record["expire_time"] > now
        for record in tx.list(KIND, f"{resource['id']}/")
    )


def forget_principal(tx: Transaction, service_principal_id: str) -> None:
    """Drop all secrets of a service principal that is deleted."""
    for record in tx.list(KIND, f"{service_principal_id}/"):
        tx.delete(KIND, f"{service_principal_id}/{record['id']}")


def _require_service_principal(tx: Transaction, service_principal_id: str) -> None:
    if tx.get("service_principal", service_principal_id) is None:
        raise not_found(f"Service principal with id {service_principal_id} not found.")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
