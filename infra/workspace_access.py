"""From which workspaces an environment's catalog is reached: the second lock on prod, next to grants.

The catalog, its storage credential and its external location are isolated: the workspace that they were made from has
them, and no other. What more there is, is said here. Read-only holds whatever privileges somebody has.
"""

from __future__ import annotations

from dataclasses import dataclass

from environments.settings import Environment


@dataclass(frozen=True)
class Binding:
    """A workspace, by the name of its environment, which may read a catalog."""

    workspace: str
    catalog: str
    why: str


def readers(environment: Environment) -> list[Binding]:
    """Workspaces other than its own that may read the environment's catalog."""
    why = f"compare with and learn from {environment.name}, without writing there"
    return [Binding(name, environment.catalog, why) for name in sorted(set(environment.readable_from))]
