"""The tags of everything that can bear tags: who pays, whose it is, which environment and model it belongs to."""

from __future__ import annotations

from environments.settings import Environment, Model


def tags(environment: Environment, model: Model | None = None) -> dict[str, str]:
    """Tags of a resource; those of its model win over those of its environment."""
    own = {"project": "understudy", "environment": environment.name}
    if model is None:
        return {**environment.tags, **own}
    return {**environment.tags, **model.tags, **own, "model": model.name}
