"""Where Terraform keeps a stack's state, for the stack itself and for those that read its outputs."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from cdktf import (
    AzurermBackend,
    DataTerraformRemoteStateAzurerm,
    DataTerraformRemoteStateLocal,
    LocalBackend,
    TerraformRemoteState,
    TerraformStack,
)
from constructs import Construct

from environments.azure import LocalState, State

# A folder that, when set, holds the state of every stack, whatever the settings say.
OVERRIDE = "UNDERSTUDY_STATE"
# Terraform runs in cdktf.out/stacks/<stack>. Paths relative to it make the same JSON in every checkout.
ROOT = PurePosixPath("../../..")


def add_backend(stack: TerraformStack, stack_name: str, state: State) -> None:
    """Let the stack keep its state as the settings say."""
    state = _state(state)
    if isinstance(state, LocalState):
        LocalBackend(stack, path=_file(state, stack_name))
    else:
        AzurermBackend(
            stack,
            resource_group_name=state.resource_group,
            storage_account_name=state.storage_account,
            container_name=state.container,
            key=_key(stack_name),
            # By roles, not by the account's keys.
            use_azuread_auth=True,
        )


def read_state(scope: Construct, stack_name: str, state: State) -> TerraformRemoteState:
    """The outputs of another stack, from where `add_backend` let it keep its state."""
    state = _state(state)
    if isinstance(state, LocalState):
        return DataTerraformRemoteStateLocal(scope, stack_name, path=_file(state, stack_name))
    return DataTerraformRemoteStateAzurerm(
        scope,
        stack_name,
        resource_group_name=state.resource_group,
        storage_account_name=state.storage_account,
        container_name=state.container,
        key=_key(stack_name),
        use_azuread_auth=True,
    )


def _state(state: State) -> State:
    folder = os.environ.get(OVERRIDE)
    return LocalState(backend="local", folder=folder) if folder else state


def _file(state: LocalState, stack_name: str) -> str:
    # An absolute folder stays as it is when joined to the root.
    return str(ROOT / state.folder / _key(stack_name))


def _key(stack_name: str) -> str:
    return f"{stack_name}.tfstate"
