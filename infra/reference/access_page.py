"""The page that says who may do what in each environment, and why; from the access functions themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from environments.settings import Environment, Model
from infra.access import Grant
from infra.access_matrix import access_matrix
from infra.reference.markdown import code, page, table
from infra.workspace_access import readers

INTRODUCTION = """\
A privilege on a catalog or schema holds for everything below it. Who is not named has nothing, but for owners: tables
and registered models belong to the environment's service principal, whose jobs write them; all else to the identity
that Terraform runs as. People are groups of the account, named in each environment's settings."""


def access_page(environments: Iterable[Environment], models: Sequence[Model]) -> str:
    """The page, an environment after another."""
    environments = list(environments)
    blocks = [INTRODUCTION]
    for environment in environments:
        grants = access_matrix(environment, models, environments)
        blocks += [f"## {environment.name}", _matrix(grants), "### Why", _reasons(grants), *_bindings(environment)]
    return page("Who may do what", *blocks)


def _matrix(grants: Sequence[Grant]) -> str:
    """What each principal holds on each securable."""
    principals = sorted({grant.principal for grant in grants})
    held: dict[tuple[str, str], dict[str, set[str]]] = {}
    for grant in grants:
        on = held.setdefault((grant.kind, grant.securable), {})
        on.setdefault(grant.principal, set()).update(grant.privileges)
    rows = [
        [f"{_kind(kind)} {code(securable)}", *(_privileges(on.get(principal, set())) for principal in principals)]
        for (kind, securable), on in held.items()
    ]
    return table(["on", *principals], rows)


def _reasons(grants: Sequence[Grant]) -> str:
    """A row for each principal, reason and set of privileges, with all securables that it holds for."""
    where: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for grant in grants:
        key = (grant.principal, grant.privileges, grant.why)
        where.setdefault(key, []).append(f"{_kind(grant.kind)} {code(grant.securable)}")
    rows = [
        [principal, _privileges(privileges), ", ".join(securables), why]
        for (principal, privileges, why), securables in sorted(where.items())
    ]
    return table(["who", "may", "on", "in order to"], rows)


def _bindings(environment: Environment) -> list[str]:
    """From which workspaces the catalog is reached."""
    own = f"The catalog {code(environment.catalog)} is reached from the workspace of {environment.name}"
    others = readers(environment)
    if not others:
        return [f"{own} and from no other."]
    return [
        f"{own} and, read-only:",
        "\n".join(f"- from that of {other.workspace}, to {other.why}" for other in others),
    ]


def _kind(kind: str) -> str:
    return kind.replace("_", " ")


def _privileges(privileges: Iterable[str]) -> str:
    return ", ".join(privilege.replace("_", " ") for privilege in sorted(privileges))
