"""Grants: read, changed and explained. Who holds what is a document per object: {principal: [privileges]}."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import DatabricksError, denied, invalid, not_found
from rehearsal.workspace.identity import directory, principals
from rehearsal.workspace.store import Transaction
from rehearsal.workspace.unity_catalog import access, securables
from rehearsal.workspace.unity_catalog.privileges import (
    ALL,
    APPLICABLE,
    CATALOG,
    MANAGE,
    METASTORE,
    MODEL,
    NOT_IN_ALL,
    VIEW,
)

Assignments = dict[str, list[str]]
# Names that the permissions API knows registered models by.
_ALIASES = {"REGISTERED_MODEL": MODEL}


@dataclass(frozen=True)
class Change:
    """What to give and take from one principal."""

    principal: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inherited:
    """A privilege and the parent it comes from; `kind` is None where it is granted on the object itself."""

    privilege: str
    kind: str | None
    name: str | None


def kind_of(securable_type: str) -> str:
    """The kind by its name in a URL, such as `catalog`. Raises DatabricksError 400."""
    kind = _ALIASES.get(securable_type.upper(), securable_type.upper().replace("-", "_"))
    if kind not in APPLICABLE or kind == VIEW:  # to the API, a view is a table
        raise invalid(f"Securable type '{securable_type}' is not supported.")
    return kind


def listed(tx: Transaction, principal: Principal, kind: str, full_name: str, of: str | None = None) -> Assignments:
    """Direct grants on an object; those who may not manage it see their own only. Raises DatabricksError 403, 404."""
    access.require_visible(tx, principal, kind, full_name)
    everything = access.manages(tx, principal, kind, full_name)
    return {
        name: sorted(held)
        for name, held in sorted(_read(tx, kind, full_name).items())
        if (of is None or name == of) and (everything or name in principal.names)
    }


def effective(
    tx: Transaction, principal: Principal, kind: str, full_name: str, of: str | None = None
) -> dict[str, list[Inherited]]:
    """Grants on an object and, as far as they reach it, on its parents. Raises DatabricksError 403, 404.

    BROWSE on a catalog reaches what is in it, and yet is not listed there: so it is on Databricks.
    """
    access.require_visible(tx, principal, kind, full_name)
    everything = access.manages(tx, principal, kind, full_name)
    result: dict[str, list[Inherited]] = {}
    chain = securables.chain(tx, kind, full_name)
    for position, securable in enumerate(chain):
        if position and securable.kind == METASTORE:
            continue
        for name, held in sorted(securable.grants.items()):
            if (of is not None and name != of) or not (everything or name in principal.names):
                continue
            for privilege in sorted(held & APPLICABLE[chain[0].kind]):
                source = (securable.kind, securable.name) if position else (None, None)
                result.setdefault(name, []).append(Inherited(privilege, *source))
    return result


def change(tx: Transaction, principal: Principal, kind: str, full_name: str, changes: list[Change]) -> Assignments:
    """Give and take privileges; all changes or none.

    Taking ALL PRIVILEGES takes every single privilege, too, that it stands for.

    Raises DatabricksError: 403 without MANAGE, 404 for an unknown principal, 400 for a privilege that the object does
    not have.
    """
    access.require(tx, principal, kind, full_name, MANAGE)
    kind = securables.actual_kind(tx, kind, full_name)
    held = {name: set(privileges) for name, privileges in _read(tx, kind, full_name).items()}
    for wanted in changes:
        if wanted.add:
            require_principal(tx, wanted.principal)
        if "EXTERNAL_USE_SCHEMA" in map(_normalized, wanted.add):
            _require_catalog_owner(tx, principal, full_name)
        now = held.setdefault(wanted.principal, set())
        now |= {checked(kind, full_name, privilege) for privilege in wanted.add}
        taken = {_normalized(privilege) for privilege in wanted.remove}
        now -= taken | (APPLICABLE[kind] - NOT_IN_ALL if ALL in taken else frozenset())
    kept = {name: sorted(privileges) for name, privileges in held.items() if privileges}
    tx.put(securables.GRANTS, securables.grants_key(kind, full_name), kept)
    return kept


def checked(kind: str, full_name: str, privilege: str) -> str:
    """The privilege, if the kind of object has it. Raises DatabricksError 400."""
    name = _normalized(privilege)
    if name not in APPLICABLE[kind]:
        raise invalid(f"Privilege {privilege} is not applicable to this entity [{full_name}:{kind}].")
    return name


def require_principal(tx: Transaction, name: str) -> None:
    """Raises DatabricksError 404 for one whom the account does not know (a workspace's own groups are not known)."""
    if name in directory.SYSTEM_GROUPS or not principals.exists(tx, name):
        raise unknown_principal(name)


def unknown_principal(name: str) -> DatabricksError:
    """The error in Databricks' words."""
    return not_found(f"Could not find principal with name {name}", "PRINCIPAL_DOES_NOT_EXIST")


def forget_principal(tx: Transaction, name: str) -> None:
    """Take a principal that is deleted out of all grants."""
    for key, held in tx.items(securables.GRANTS):
        if held.pop(name, None) is not None:
            tx.put(securables.GRANTS, key, held)


def _require_catalog_owner(tx: Transaction, principal: Principal, full_name: str) -> None:
    """EXTERNAL USE SCHEMA lets data out of Unity Catalog, so that not even the schema's owner can grant it."""
    catalog = securables.find(tx, CATALOG, full_name.partition(".")[0])
    if catalog["owner"] not in principal.names:
        raise denied(f"EXTERNAL USE SCHEMA can be granted by the owner of Catalog '{catalog['name']}' only.")


def _read(tx: Transaction, kind: str, full_name: str) -> Assignments:
    return tx.get(securables.GRANTS, securables.grants_key(kind, full_name)) or {}


def _normalized(privilege: str) -> str:
    return privilege.strip().upper().replace(" ", "_")
