"""Online stores: documents, who may change them, and the database behind each."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from databricks.sdk.service.ml import OnlineStore, OnlineStoreState

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, already_exists, denied, invalid, not_found
from rehearsal.workspace.online_store import databases
from rehearsal.workspace.online_store.postgres import Postgres
from rehearsal.workspace.store import Body, Transaction

CAPACITIES = ("CU_1", "CU_2", "CU_4", "CU_8")
_KIND, _NUMBER = "online_store", "online_store_number"
_NAME = re.compile(r"[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")


@dataclass(frozen=True)
class Access:
    """How a store is reached: its database, and the role that may read it."""

    database: str
    role: str
    password: str


def create(call: Call, postgres: Callable[[], Postgres], body: Body) -> OnlineStore:
    """Make a store. Raises DatabricksError 400, 409, 501."""
    wanted = parsed(OnlineStore, body)
    if not wanted.name or not _NAME.fullmatch(wanted.name):
        raise invalid(
            "The name of an online store must be 1 to 63 letters, digits and hyphens, beginning with a letter."
        )
    _check(wanted)
    with call.store.transaction() as tx:
        if tx.get(_KIND, _key(call.workspace, wanted.name)) is not None:
            raise already_exists(f"Online store '{wanted.name}' already exists.")
        number = tx.next_id(_NUMBER)
    now = call.platform.clock.now().astimezone(UTC)
    stored: Body = {
        "name": wanted.name,
        "capacity": wanted.capacity,
        "usage_policy_id": wanted.usage_policy_id,
        "creator": call.principal.name,
        "creation_time": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "access": {
            "database": databases.fitting(f"{wanted.name}-{number}"),
            "role": f"reader_{number}",
            "password": secrets.token_urlsafe(32),
        },
    }
    # What a killed workspace made here without acknowledging it has a number that is never given out again.
    databases.make(postgres(), **stored["access"])
    with call.store.transaction() as tx:
        if tx.get(_KIND, _key(call.workspace, wanted.name)) is not None:
            raise already_exists(f"Online store '{wanted.name}' already exists.")
        tx.put(_KIND, _key(call.workspace, wanted.name), stored)
    return shown(stored)


def find(tx: Transaction, workspace: str, name: str) -> Body:
    """The store's document. Raises DatabricksError 404."""
    stored = tx.get(_KIND, _key(workspace, name))
    if stored is None:
        raise not_found(f"Online store '{name}' does not exist.")
    return stored


def list_all(tx: Transaction, workspace: str) -> list[Body]:
    """Stores of a workspace, by name."""
    return tx.list(_KIND, f"{workspace}/")


def any_stored(tx: Transaction) -> bool:
    """Is there a store in any workspace?"""
    return bool(tx.list(_KIND))


def update(tx: Transaction, call: Call, name: str, body: Body, mask: str) -> OnlineStore:
    """Change what the mask names. Raises DatabricksError 400, 403, 404, 501."""
    stored = find(tx, call.workspace, name)
    require_manager(call, stored)
    fields = [field.strip() for field in mask.split(",") if field.strip()]
    unknown = sorted(set(fields) - {"capacity", "read_replica_count", "usage_policy_id"})
    if unknown or not fields:
        raise invalid(
            f"update_mask must name fields of capacity, read_replica_count, usage_policy_id; found {unknown or mask!r}."
        )
    changed = parsed(OnlineStore, {**shown(stored).as_dict(), **{field: body.get(field) for field in fields}})
    _check(changed)
    stored |= {"capacity": changed.capacity, "usage_policy_id": changed.usage_policy_id}
    tx.put(_KIND, _key(call.workspace, name), stored)
    return shown(stored)


def delete(tx: Transaction, call: Call, name: str) -> Access:
    """Forget the store; the caller then drops what the answer names. Raises DatabricksError 403, 404."""
    stored = find(tx, call.workspace, name)
    require_manager(call, stored)
    tx.delete(_KIND, _key(call.workspace, name))
    return access_of(stored)


def require_manager(call: Call, stored: Body) -> None:
    """Refuse who is neither the store's creator nor an administrator of the workspace."""
    if not call.principal.is_admin and call.principal.name != stored["creator"]:
        raise denied(f"User does not have CAN MANAGE on Database Instance '{stored['name']}'.")


def access_of(stored: Body) -> Access:
    """How the store is reached."""
    return Access(**stored["access"])


def shown(stored: Body) -> OnlineStore:
    """The store as the API shows it."""
    return OnlineStore(
        name=stored["name"],
        capacity=stored["capacity"],
        creator=stored["creator"],
        creation_time=stored["creation_time"],
        read_replica_count=0,
        state=OnlineStoreState.AVAILABLE,
        usage_policy_id=stored["usage_policy_id"],
    )


def _check(wanted: OnlineStore) -> None:
    if wanted.capacity not in CAPACITIES:
        raise invalid(f"Invalid capacity '{wanted.capacity}'. Must be one of {', '.join(CAPACITIES)}.")
    if wanted.read_replica_count:
        raise DatabricksError(501, "NOT_IMPLEMENTED", "Read replicas of an online store are not emulated.")


def _key(workspace: str, name: str) -> str:
    return f"{workspace}/{name}"
