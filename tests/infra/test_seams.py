"""Where stacks meet: what one reads of another is there, and where the other keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from environments.settings import ENVIRONMENTS
from tests.infra.json_paths import outputs_read
from tests.infra.synthesis import Stacks, synthesize


def read_by(stacks: Stacks) -> dict[str, set[str]]:
    """By stack: the stacks that it reads from."""
    return {name: {producer for producer, _, _ in outputs_read(stack)} for name, stack in stacks.items()}


def test_each_stack_reads_from_those_below_it_only(stacks: Stacks) -> None:
    readers = {
        "dev": {"account", "dev-workspace"},
        "staging": {"account", "staging-workspace", "dev-workspace"},
        "prod": {"account", "prod-workspace", "dev-workspace"},
    }
    workspaces = {f"{name}-workspace": {"account"} for name in ENVIRONMENTS}
    assert read_by(stacks) == {"account": set(), **workspaces, **readers}


def test_what_a_stack_reads_is_an_output_of_the_other(stacks: Stacks) -> None:
    for reader, stack in stacks.items():
        for producer, output, key in outputs_read(stack):
            assert output in stacks[producer]["output"], (reader, producer, output)
            value = stacks[producer]["output"][output]["value"]
            if isinstance(value, dict):
                assert key in value, (reader, producer, output)


def test_no_output_is_there_for_nobody(stacks: Stacks) -> None:
    used = {(producer, output) for stack in stacks.values() for producer, output, _ in outputs_read(stack)}
    for name in ENVIRONMENTS:
        # For people: the vault of the secrets of what lies around a workspace; and whoever else may read a catalog.
        used |= {(f"{name}-workspace", output) for output in ("key_vault_id", "key_vault_uri", "workspace_id")}
    assert {(name, output) for name, stack in stacks.items() for output in stack.get("output", {})} == used


def assert_read_where_kept(stacks: Stacks) -> None:
    for stack in stacks.values():
        for producer, read in stack.get("data", {}).get("terraform_remote_state", {}).items():
            assert stacks[producer]["terraform"]["backend"] == {read["backend"]: read["config"]}


def test_state_is_kept_apart_and_read_where_it_is_kept(stacks: Stacks) -> None:
    assert_read_where_kept(stacks)
    backends = {name: stack["terraform"]["backend"] for name, stack in stacks.items()}
    assert all(list(backend) == ["azurerm"] for backend in backends.values())
    assert {name: backend["azurerm"]["key"] for name, backend in backends.items()} == {
        name: f"{name}.tfstate" for name in stacks
    }
    # An environment's state is in a container of its own, so that who deploys to dev need not see prod's.
    for name in ENVIRONMENTS:
        assert backends[name]["azurerm"]["container_name"] == name
        assert backends[f"{name}-workspace"]["azurerm"]["container_name"] == name


def test_settings_say_where_state_is_kept(settings_folder: Callable[[], Path], tmp_path: Path) -> None:
    folder = settings_folder()
    dev = yaml.safe_load((folder / "dev.yaml").read_text())
    dev["state"] = {"backend": "local", "folder": "state"}
    (folder / "dev.yaml").write_text(yaml.safe_dump(dev))

    stacks = synthesize(tmp_path / "out", folder)

    assert_read_where_kept(stacks)
    kept = {name: stack["terraform"]["backend"] for name, stack in stacks.items()}
    assert kept["dev"] == {"local": {"path": "../../../state/dev.tfstate"}}
    assert kept["dev-workspace"] == {"local": {"path": "../../../state/dev-workspace.tfstate"}}
    assert all(list(kept[name]) == ["azurerm"] for name in stacks if not name.startswith("dev"))


@pytest.mark.parametrize(("folder", "path"), [("/var/state", "/var/state"), ("of/trials", "../../../of/trials")])
def test_a_variable_of_the_environment_keeps_all_state_in_one_folder(
    folder: str, path: str, settings_folder: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_STATE", folder)
    stacks = synthesize(tmp_path / "out", settings_folder())
    assert_read_where_kept(stacks)
    assert {name: stack["terraform"]["backend"] for name, stack in stacks.items()} == {
        name: {"local": {"path": f"{path}/{name}.tfstate"}} for name in stacks
    }
