"""The first start: one administrator and the groups that every workspace has."""

from __future__ import annotations

from rehearsal.workspace.identity import directory
from rehearsal.workspace.store import Transaction

ADMIN = "admin@example.com"


def bootstrap(tx: Transaction) -> None:
    """Create the administrator of account, workspaces and metastore; does nothing when there is one."""
    if directory.by_name(tx, "user", ADMIN) is not None:
        return
    admin = {
        "id": directory.new_id(tx),
        "userName": ADMIN,
        "displayName": "Administrator",
        "active": True,
        "emails": [{"type": "work", "value": ADMIN, "primary": True}],
        "roles": [{"value": "account_admin"}],
    }
    directory.put(tx, "user", admin)
    member = {"value": admin["id"], "display": ADMIN}
    for name, members in ((directory.ADMINS, [member]), (directory.USERS, [])):
        group = {"id": directory.new_id(tx), "displayName": name, "members": members}
        directory.put(tx, "group", group)
