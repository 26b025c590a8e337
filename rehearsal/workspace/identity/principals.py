"""From a name to the principal it stands for, with its groups: what every access decision starts from."""

from __future__ import annotations

from rehearsal.workspace.context import ACCOUNT, EVERYBODY, Principal
from rehearsal.workspace.errors import not_found
from rehearsal.workspace.identity import directory
from rehearsal.workspace.store import Transaction


def load(tx: Transaction, name: str, workspace: str = ACCOUNT) -> Principal:
    """The user of that e-mail or service principal of that application id. Raises DatabricksError 404.

    Args:
        workspace: where he acts. No isolated catalog is bound to the account, so from there none can be used.
    """
    for kind in directory.PEOPLE:
        resource = directory.by_name(tx, kind, name)
        if resource is None:
            continue
        groups = frozenset(group["displayName"] for group in directory.groups_of(tx, resource["id"]))
        return Principal(
            id=resource["id"],
            name=name,
            kind=kind,  # type: ignore[arg-type]
            # Everybody is in the workspace's group `users`, without being listed in it.
            groups=groups | {directory.USERS},
            is_admin=directory.ADMINS in groups,
            workspace=workspace,
        )
    raise not_found(f"Principal {name} does not exist.")


def exists(tx: Transaction, name: str) -> bool:
    """Does a user, service principal or group of that name exist (account users included)?"""
    return name == EVERYBODY or any(
        directory.by_name(tx, kind, name) is not None for kind in ("user", "service_principal", "group")
    )
