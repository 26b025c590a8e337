"""Random worlds of owners, grants, groups and bindings, made so that access is as often given as not."""

from __future__ import annotations

from random import Random

from tests.unit.privilege_rules import APPLICABLE, CONTAINERS, World

ME = frozenset({"me", "my group", "my other group", "account users"})
_PEOPLE = ("me", "my group", "my other group", "account users", "somebody else", "another group")
_OWNERS = ("me", "my group", "somebody else", "another group", "somebody else")
WORKSPACES = (1, 2, None)
# What most operations hang on is granted more often than the rest.
_LIKELY = ("USE CATALOG", "USE CATALOG", "USE SCHEMA", "USE SCHEMA", "ALL PRIVILEGES", "MANAGE", "BROWSE")


def world(random: Random, kind: str, people: tuple[str, ...] = _PEOPLE, owners: tuple[str, ...] = _OWNERS) -> World:
    """A world around an object of the kind."""
    things = (kind, *CONTAINERS[kind])
    return World(
        kind=kind,
        me=ME,
        owners={thing: random.choice(owners) for thing in things},
        grants={thing: _grants(random, thing, people) for thing in things},
        workspace=random.choice(WORKSPACES),
        bindings={thing: _bound(random, thing) for thing in things if _is_bound(random, thing)},
    )


def _grants(random: Random, thing: str, people: tuple[str, ...]) -> dict[str, frozenset[str]]:
    possible = sorted(APPLICABLE[thing])
    likely = [privilege for privilege in _LIKELY if privilege in APPLICABLE[thing]]
    held: dict[str, set[str]] = {}
    for _ in range(random.randint(0, 5)):
        privilege = random.choice(likely if likely and random.random() < 0.6 else possible)
        held.setdefault(random.choice(people), set()).add(privilege)
    return {name: frozenset(privileges) for name, privileges in held.items()}


def _is_bound(random: Random, thing: str) -> bool:
    return thing in ("catalog", "location", "credential") and random.random() < 0.25


def _bound(random: Random, thing: str) -> dict[int, str]:
    kinds = ("read-write", "read-only") if thing == "catalog" else ("read-write",)
    return {workspace: random.choice(kinds) for workspace in (1, 2) if random.random() < 0.6}
