"""The way out of the archived cdktf: the same code, unchanged, writes the same stacks on its living fork, cdktn."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.infra.synthesis import ROOT, Stacks, read_stacks, run_infra

pytestmark = pytest.mark.trial
FORK = ROOT / ".understudy" / "exit" / "bin" / "python"


@pytest.fixture(scope="module")
def on_cdktn(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """The stacks as the fork writes them, in its own environment."""
    assert FORK.exists(), "cdktn is not installed: run the tests by `make trials`, which installs it"
    out = tmp_path_factory.mktemp("cdktn") / "out"
    result = run_infra(out, command=(str(FORK), "-m", "tests.infra.on_cdktn"))
    assert result.returncode == 0, result.stderr
    return read_stacks(out)


def without_versions(stack: dict[str, Any]) -> dict[str, Any]:
    """The stack, but for the two versions that the bindings bring: the CDK's own and those of the providers.

    The fork's oldest bindings are of later providers than cdktf's last: Databricks 1.110.0 after 1.99.0, Azure 4.60.0
    after 4.55.0.
    """
    metadata = {name: value for name, value in stack["//"]["metadata"].items() if name != "version"}
    providers = {
        name: {key: value for key, value in provider.items() if key != "version"}
        for name, provider in stack["terraform"]["required_providers"].items()
    }
    terraform = {**stack["terraform"], "required_providers": providers}
    return {**stack, "//": {**stack["//"], "metadata": metadata}, "terraform": terraform}


def test_the_forks_environment_holds_no_cdktf() -> None:
    result = subprocess.run([FORK, "-c", "import cdktf"], capture_output=True, text=True, timeout=60)
    assert "No module named 'cdktf'" in result.stderr


def test_the_same_stacks_are_written(on_cdktn: Stacks, stacks: Stacks) -> None:
    assert on_cdktn.keys() == stacks.keys()
    for name, stack in stacks.items():
        assert without_versions(on_cdktn[name]) == without_versions(stack), name


def test_they_were_written_by_the_fork(on_cdktn: Stacks, stacks: Stacks) -> None:
    for name in stacks:
        assert on_cdktn[name]["//"]["metadata"]["version"].startswith("0.22.")
