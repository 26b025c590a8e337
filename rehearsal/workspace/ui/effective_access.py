"""Why somebody may or may not use each privilege of an object: what gives it, and what stands in its way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from rehearsal.workspace.unity_catalog import bindings, privileges, securables
from rehearsal.workspace.unity_catalog.privileges import ALL, APPLICABLE, Chain, Securable


@dataclass(frozen=True)
class Source:
    """A grant or an ownership that gives a privilege."""

    words: str
    kind: str
    name: str


@dataclass(frozen=True)
class Explained:
    """One privilege: who gives it, and what hinders its use (nothing where it can be used)."""

    privilege: str
    sources: tuple[Source, ...]
    hindrance: str

    @property
    def held(self) -> bool:
        """Is it granted, usable or not?"""
        return bool(self.sources)

    @property
    def usable(self) -> bool:
        """Can he use it here?"""
        return not self.hindrance


def explain(names: Set[str], chain: Chain, workspace: int | None) -> list[Explained]:
    """Each privilege that the chain's first object has.

    Args:
        names: all names of the principal, his groups' included.
        workspace: the number of the workspace that he is in; None for the account.
    """
    wanted = sorted(APPLICABLE[chain[0].kind] - {ALL})
    return [
        Explained(name, tuple(_sources(names, chain, name)), _hindrance(names, chain, name, workspace))
        for name in wanted
    ]


def _sources(names: Set[str], chain: Chain, privilege: str) -> Iterator[Source]:
    target = chain[0]
    for position, securable in enumerate(chain):
        if securable.kind == privileges.METASTORE and position:
            continue
        kind = securables.SPOKEN[securable.kind].lower()
        if securable.owner in names and (securable is target or privilege == privileges.MANAGE):
            yield Source(f"owner {securable.owner}", kind, securable.name)
        for name in sorted(names & securable.grants.keys()):
            granted = securable.grants[name]
            alone = [Securable(target.kind, target.name, "", {name: granted})]
            if privilege in granted:
                yield Source(f"granted to {name}", kind, securable.name)
            elif ALL in granted and privilege in privileges.effective(names, alone):
                yield Source(f"ALL PRIVILEGES of {name}", kind, securable.name)


def _hindrance(names: Set[str], chain: Chain, privilege: str, workspace: int | None) -> str:
    bound = bindings.hindrance(chain, workspace, privilege)
    if bound is not None:
        kind = securables.SPOKEN[bound.kind].lower()
        if workspace in (bound.bindings or {}):
            return f"{kind} {bound.name} is bound to this workspace for reading only"
        return f"{kind} {bound.name} is not bound to this workspace"
    lacking = privileges.missing(names, chain, privilege)
    if lacking is None:
        return ""
    missing, where = lacking
    if missing == privilege and where is chain[0]:
        return "not granted"
    return f"missing {privileges.spoken(missing)} on {securables.SPOKEN[where.kind].lower()} {where.name}"
