"""All stacks of the project, from all its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from constructs import Construct

from environments.settings import Account, Environment, Model
from infra.account_stack import AccountStack
from infra.environment_stack import EnvironmentStack
from infra.wheel import Wheel
from infra.workspace_stack import WorkspaceStack


def add_stacks(
    app: Construct,
    account: Account,
    environments: Mapping[str, Environment],
    models: Sequence[Model],
    wheel: Wheel,
) -> None:
    """Add the account's stack, and for each environment its workspace's and its own."""
    AccountStack(app, account, list(environments.values()))
    for environment in environments.values():
        add_environment(app, account, environments, environment, models, wheel)


def add_environment(
    app: Construct,
    account: Account,
    environments: Mapping[str, Environment],
    environment: Environment,
    models: Sequence[Model],
    wheel: Wheel,
) -> None:
    """Add one environment's stacks: its workspace's and its own, which may be read from the others' workspaces."""
    WorkspaceStack(app, account, environment, models)
    EnvironmentStack(app, account, environments, environment, models, wheel)
