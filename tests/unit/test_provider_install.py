"""Which Databricks provider is used: the real one from where Terraform finds it, if it knows local accounts."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from rehearsal.provider import install, schemas

SOURCE = "databricks/databricks"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Terraform installs the provider from, as it would from its registry."""
    mirror = tmp_path / "registry"
    mirror.mkdir()
    configuration = tmp_path / "terraformrc"
    configuration.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{mirror}" }} }}')
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    return mirror


def publish(registry: Path, version: str) -> None:
    machine = f"{platform.system().lower()}_{install.MACHINES[platform.machine().lower()]}"
    for host in install.HOSTS:  # Terraform's and OpenTofu's
        executable = registry / host / SOURCE / version / machine / f"terraform-provider-databricks_v{version}"
        executable.parent.mkdir(parents=True)
        executable.write_text("#!/bin/sh\n")
        executable.chmod(0o755)


def versions(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "terraform" / "plugins" / install.HOSTS[0] / SOURCE).iterdir())


def test_the_real_one_is_used_in_the_newest_version_of_the_bindings_major(registry: Path, tmp_path: Path) -> None:
    for version in ("1.99.0", "1.130.2", "2.0.0"):
        publish(registry, version)
    home = tmp_path / "home"
    assert install.install(home) == install.Choice("real", "1.130.2", "the registry has it")
    assert versions(home) == ["1.130.2"]
    publish(registry, "1.131.0")
    assert install.install(home).version == "1.130.2"  # the choice is remembered
    assert install.install(home, ask_again=True).version == "1.131.0"
    assert versions(home) == ["1.131.0"]
    assert install.install(home, ask_again=True, real=False).kind == "stand-in"
    assert versions(home) == [schemas.version()]


def test_one_that_knows_no_local_account_is_not_used(registry: Path, tmp_path: Path) -> None:
    publish(registry, "1.110.0")
    home = tmp_path / "home"
    choice = install.install(home)
    assert (choice.kind, choice.version) == ("stand-in", schemas.version())
    assert "1.110.0" in choice.why and "1.128.0 is needed" in choice.why
    assert json.loads((home / "terraform" / "provider.json").read_text())["why"] == choice.why


def test_without_a_registry_the_stand_in_is_used_and_says_why(registry: Path, tmp_path: Path) -> None:
    choice = install.install(tmp_path / "home")
    assert choice.kind == "stand-in" and choice.why.startswith("the registry is out of reach: ")


def test_other_stand_ins_are_noted_anew_and_the_same_are_not(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "CHECKOUT", tmp_path)
    noted = tmp_path / "cdktf.out" / "stacks" / "dev" / ".terraform.lock.hcl"
    noted.parent.mkdir(parents=True)
    noted.write_text("")
    for _ in range(2):  # into a new home, and with the same again
        install.install(tmp_path / "home", real=False)
        assert noted.exists()
    [executable] = (tmp_path / "home" / "terraform" / "plugins" / install.HOSTS[0]).rglob("*databricks_v*")
    executable.write_text("an earlier checkout's")
    install.install(tmp_path / "home", real=False)
    assert not noted.exists()
