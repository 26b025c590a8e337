"""The one question every service asks: may this principal do this to that object?"""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.workspace.context import Principal
from rehearsal.workspace.errors import DatabricksError, denied
from rehearsal.workspace.identity.installation import workspace_id
from rehearsal.workspace.store import Body, Transaction
from rehearsal.workspace.unity_catalog import bindings, privileges, securables
from rehearsal.workspace.unity_catalog.privileges import Chain, Securable


def require(tx: Transaction, principal: Principal, kind: str, full_name: str, privilege: str) -> None:
    """Refuse unless the principal owns the object or holds the privilege, and USE on its parents, in a bound workspace.

    Args:
        kind: METASTORE, CATALOG, SCHEMA, TABLE (views, too), VOLUME, FUNCTION, MODEL, EXTERNAL_LOCATION
            or STORAGE_CREDENTIAL.
        privilege: a value of databricks-sdk's `Privilege`, such as `SELECT`.

    Raises DatabricksError: 403 for a catalog that the workspace is not bound to, or that names the first privilege that
    is lacking from the catalog down, or 404. What lies behind a missing USE privilege is not told to exist or not.
    """
    chain = securables.chain(tx, kind, full_name)
    _require_bound(principal, chain, privilege)
    _require(tx, chain, privileges.missing(principal.names, chain, privilege))


def require_manager(tx: Transaction, principal: Principal, kind: str, full_name: str) -> None:
    """Refuse unless the principal may manage the object, whatever workspace he is in. Raises DatabricksError 403, 404.

    For what must be possible from everywhere: to see and to change which workspaces an object is bound to.
    """
    chain = securables.chain(tx, kind, full_name)
    _require(tx, chain, privileges.missing(principal.names, chain, privileges.MANAGE))


def manages(tx: Transaction, principal: Principal, kind: str, full_name: str) -> bool:
    """Would `require_manager` let him?"""
    try:
        require_manager(tx, principal, kind, full_name)
    except DatabricksError:
        return False
    return True


def may(tx: Transaction, principal: Principal, kind: str, full_name: str, privilege: str) -> bool:
    """Would `require` let him?"""
    try:
        require(tx, principal, kind, full_name, privilege)
    except DatabricksError:
        return False
    return True


def visible(tx: Transaction, principal: Principal, kind: str, full_name: str) -> bool:
    """May the principal see that the object is there, with its metadata?"""
    return _visible(principal, securables.chain(tx, kind, full_name))


def _visible(principal: Principal, chain: Chain) -> bool:
    if bindings.hindrance(chain, workspace_id(principal.workspace), privileges.BROWSE) is not None:
        return False
    return privileges.visible(principal.names, chain)


def visible_within(tx: Transaction, principal: Principal, kind: str, parent: str) -> list[Body]:
    """Documents of the objects of a kind in a catalog or schema ("" for all) that the principal may know of."""
    return [body for body, chain in _within(tx, kind, parent) if _visible(principal, chain)]


def shown_within(
    tx: Transaction, principal: Principal, kind: str, parent: str, include_browse: bool, include_unbound: bool = False
) -> list[tuple[Body, bool]]:
    """Documents of the objects of a kind in a catalog or schema ("" for all), and whether only BROWSE shows each.

    Args:
        include_browse: those, too, of which the principal may know by BROWSE alone.
        include_unbound: those, too, that he manages and that the workspace is not bound to.
    """
    found = []
    for body, chain in _within(tx, kind, parent):
        if bindings.hindrance(chain, workspace_id(principal.workspace), privileges.BROWSE) is None:
            readable = privileges.readable(principal.names, chain)
            if readable or (include_browse and privileges.visible(principal.names, chain)):
                found.append((body, not readable))
        elif include_unbound and privileges.missing(principal.names, chain, privileges.MANAGE) is None:
            found.append((body, False))
    return found


def _within(tx: Transaction, kind: str, parent: str) -> Iterator[tuple[Body, Chain]]:
    found = securables.within(tx, kind, parent)
    names = (str(body.get("full_name") or body["name"]) for body in found)
    return zip(found, securables.chains(tx, kind, names), strict=True)


def require_shown(tx: Transaction, principal: Principal, kind: str, full_name: str, include_browse: bool) -> bool:
    """Refuse an object's metadata to those who may neither manage nor use it; tells whether only BROWSE shows it.

    Args:
        include_browse: BROWSE alone will do.

    Raises DatabricksError: 403 that names what is lacking from the catalog down, or 404.
    """
    chain = securables.chain(tx, kind, full_name)
    _require_bound(principal, chain, privileges.BROWSE)
    readable = privileges.readable(principal.names, chain)
    if not readable and not (include_browse and privileges.visible(principal.names, chain)):
        showing = privileges.SHOWS.get(chain[0].kind, privileges.BROWSE)
        _require(tx, chain, privileges.missing(principal.names, chain, showing))
    _require(tx, chain, None)
    return not readable


def require_visible(tx: Transaction, principal: Principal, kind: str, full_name: str) -> None:
    """Refuse metadata to those who may neither browse nor use the object. Raises DatabricksError 403 or 404."""
    chain = securables.chain(tx, kind, full_name)
    _require_bound(principal, chain, privileges.BROWSE)
    seen = privileges.visible(principal.names, chain)
    lacking = None if seen else privileges.missing(principal.names, chain, privileges.BROWSE)
    _require(tx, chain, lacking)


def refusal(privilege: str, securable: Securable) -> DatabricksError:
    """The error in Databricks' words."""
    name = f" '{securable.name}'" if securable.kind != privileges.METASTORE else ""
    return denied(f"User does not have {privileges.spoken(privilege)} on {securables.SPOKEN[securable.kind]}{name}.")


def _require_bound(principal: Principal, chain: Chain, privilege: str) -> None:
    """The one place where workspace bindings are enforced, next to `visible`: every service asks this module."""
    number = workspace_id(principal.workspace)
    isolated = bindings.hindrance(chain, number, privilege)
    if isolated is not None:
        raise bindings.refusal(isolated, number)


def _require(tx: Transaction, chain: Chain, lacking: tuple[str, Securable] | None) -> None:
    """Raise what is wrong first: the object at which access ends does not exist, or does not grant enough."""
    end = lacking[1] if lacking else chain[0]
    if end.kind != privileges.METASTORE:
        securables.find(tx, end.kind, end.name)
    if lacking:
        raise refusal(*lacking)
