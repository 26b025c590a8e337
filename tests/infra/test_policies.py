"""Checkov, really run: on the synthesized stacks, and on fixtures that break each of our own policies."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from infra.bindings import import_one_by_one
from infra.policies.findings import (
    Finding,
    PolicyError,
    Suppression,
    read_suppressions,
    scan,
    unaccepted,
    unused,
)
from tests.infra.synthesis import ROOT, Stacks

CHECKOV = ROOT / ".understudy" / "policy" / "bin" / "checkov"
CHECKS = ROOT / "infra" / "policies" / "checks"
FIXTURES = ROOT / "tests" / "infra" / "fixtures"
OWN = re.compile(r"CKV2?_UNDERSTUDY_\d+")
Report = dict[str, Any]


@pytest.fixture(scope="module")
def of_fixtures() -> Report:
    """Checkov's report on all fixtures."""
    assert CHECKOV.exists(), "checkov is not installed: run the tests by `make test`, which installs it"
    command = [CHECKOV, "--config-file", "infra/policies/checkov.yaml", "-d", FIXTURES, "-o", "json"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "[ERROR]" not in result.stderr
    report: Report = json.loads(result.stdout)
    return report["results"]


@pytest.fixture(scope="module")
def of_stacks(synthesized: Path) -> tuple[list[Finding], set[str]]:
    """What checkov says of the project's own stacks."""
    return scan(CHECKOV, synthesized)


def own_policies() -> list[str]:
    return sorted(found for file in CHECKS.iterdir() if file.is_file() for found in OWN.findall(file.read_text()))


def of_policy(report: Report, result: str, policy: str) -> dict[str, int]:
    """How many resources each fixture has for which the policy had the result."""
    counted: dict[str, int] = defaultdict(int)
    for found in report[result]:
        if found["check_id"] == policy:
            counted[found["file_path"]] += 1
    return counted


def test_every_stack_holds_every_policy_but_for_what_is_accepted(of_stacks: tuple[list[Finding], set[str]]) -> None:
    findings, passed = of_stacks
    assert unaccepted(findings, read_suppressions()) == []
    assert passed >= set(own_policies())


def test_no_suppression_hides_nothing(of_stacks: tuple[list[Finding], set[str]]) -> None:
    assert unused(of_stacks[0], read_suppressions()) == []


def test_every_suppression_has_a_reason_and_none_is_of_our_own_policies() -> None:
    suppressions = read_suppressions()
    assert all(len(suppression.reason) > 40 for suppression in suppressions)
    assert [suppression.check for suppression in suppressions if OWN.fullmatch(suppression.check)] == []


@pytest.mark.parametrize("policy", own_policies())
def test_each_own_policy_fails_what_breaks_it_and_passes_what_does_not(policy: str, of_fixtures: Report) -> None:
    (folder,) = FIXTURES.glob(f"{policy.lower()}_*")
    resources = {
        which: sum(map(len, json.loads((folder / which / "prod" / "cdk.tf.json").read_text())["resource"].values()))
        for which in ("fails", "passes")
    }
    fails, passes = (f"/{folder.name}/{which}/prod/cdk.tf.json" for which in ("fails", "passes"))

    failed, passed = (of_policy(of_fixtures, result, policy) for result in ("failed_checks", "passed_checks"))

    assert failed[fails] == resources["fails"] and passed[fails] == 0
    assert passed[passes] == resources["passes"] and failed[passes] == 0


def test_a_fixture_breaks_one_own_policy_and_no_other(of_fixtures: Report) -> None:
    broken: dict[str, set[str]] = defaultdict(set)
    for found in of_fixtures["failed_checks"]:
        if OWN.fullmatch(found["check_id"]):
            broken[Path(found["file_path"]).parts[1]].add(found["check_id"].lower())
    assert {name: [policy] for name, policy in ((n, "_".join(n.split("_")[:3])) for n in broken)} == {
        name: sorted(policies) for name, policies in broken.items()
    }
    assert len(broken) == len(own_policies()) >= 10


def test_the_policy_of_tags_knows_every_resource_that_takes_tags(stacks: Stacks) -> None:
    """By the bindings, which are made from the providers' own schemas."""
    import_one_by_one()
    taking: dict[str, str] = {}
    for kind in {kind for stack in stacks.values() for kind in stack["resource"]}:
        provider, _, name = kind.partition("_")
        module = importlib.import_module(f"cdktf_cdktf_provider_{provider}.{name}")
        resource = next(thing for key, thing in vars(module).items() if key.lower() == name.replace("_", ""))
        parameters = inspect.signature(resource.__init__).parameters
        for attribute in ("tags", "custom_tags", "properties"):
            if attribute in parameters:
                taking[kind] = attribute
    text = (CHECKS / "everything_is_tagged.py").read_text()
    assert dict(re.findall(r'"(\w+)": "(\w+)"', text)) == taking


def test_the_command_tells_what_is_wrong(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "ckv2_understudy_1_jobs_of_people" / "fails", tmp_path / "stacks")
    command = [sys.executable, "-m", "infra.policies", tmp_path, "--checkov", CHECKOV]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "prod: databricks_job.person: A job runs as a service principal (CKV2_UNDERSTUDY_1)" in result.stdout
    assert "dev-workspace: suppression of CKV2_AZURE_1 hides nothing" in result.stdout


def test_what_cannot_be_checked_is_an_error(tmp_path: Path) -> None:
    stack = tmp_path / "prod"
    stack.mkdir()
    (stack / "cdk.tf.json").write_text(
        '{"resource": {"databricks_grants": {"odd": {"catalog": "prod", "grant": ["x"]}}}}'
    )
    with pytest.raises(PolicyError):
        scan(CHECKOV, tmp_path)


def test_a_suppression_holds_in_its_stacks_only() -> None:
    findings = [Finding(stack, "CKV_1", "azurerm_storage_account.storage", "closed") for stack in ("dev", "prod")]
    accepted = [Suppression(check="CKV_1", name="closed", stacks=["dev", "staging"], reason="trials")]
    assert [finding.stack for finding in unaccepted(findings, accepted)] == ["prod"]
    assert unused(findings, accepted) == [("CKV_1", "staging")]
