"""doctor, report, rehearse and plan: what they say, and how they end."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import ROOT
from cli.__main__ import cli

PAGE = '<p class="verdict good">✓ Everything went as it should</p>'


def said(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(words))
    return done.exit_code, done.output


@pytest.mark.parametrize("command", ["new-model", "doctor", "rehearse", "plan", "report"])
def test_help_has_examples(command: str) -> None:
    status, output = said(command, "--help")
    assert status == 0 and f"./understudy {command}" in output.partition("Examples:")[2]


def test_doctor_tells_a_mistake_a_missing_package_and_a_taken_port_with_their_remedies(checkout: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        status, output = said("doctor", "--port-base", str(port))
    assert status == 1
    assert f"missing ports {port} to {port + 20}: {port}" in output
    assert "missing Python packages: no .venv/installed; make setup" in output
    file = checkout / "environments" / "staging.yaml"
    file.write_text(file.read_text().replace("catalog: staging", "catalogue: staging"))
    assert (
        "staging.yaml, line 20: catalogue found an unknown key; expected catalog (did you mean it?)"
        in said("doctor")[1]
    )


def test_doctor_tells_what_deploying_lacks(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = tmp_path / "databrickscfg"
    profiles.write_text("[account]\nhost = https://accounts.azuredatabricks.net\n")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(profiles))
    monkeypatch.setenv("ARM_CLIENT_ID", "somebody")
    _, output = said("doctor", "--azure")
    assert "missing environments/prod.yaml, key azure.subscription_id" in output
    assert "ok      profile account" in output and "missing profile staging: none in" in output
    assert "ok      sign-in to Azure" in output


def test_report_tells_where_it_is_and_how_it_ended(checkout: Path) -> None:
    assert said("report") == (
        1,
        "no report of a rehearsal or year yet: `./understudy rehearse` or `make year` writes one\n",
    )
    page = checkout / ".understudy" / "workspace" / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    status, output = said("report")
    assert status == 0
    assert "✓ Everything went as it should" in output and page.as_uri() in output
    assert said("report", "year")[0] == 1


def test_rehearse_and_plan_are_the_targets_of_make(checkout: Path) -> None:
    (checkout / "Makefile").write_text(
        '%:\n\t@echo "$@ [$(MODELS)$(ENV)$(STACK)] $(WHOLE) $(PORT_BASE)" > said; exit 3\n'
    )
    told = checkout / "said"
    assert said("rehearse", "--model", "bike_demand", "--whole", "--port-base", "9440")[0] == 2
    assert told.read_text() == "rehearse [bike_demand] 1 9440\n"
    said("plan", "staging")
    assert told.read_text() == "plan [staging]  \n"
    said("plan", "account")
    assert told.read_text() == "plan [account]  \n"


def test_rehearse_tells_a_model_that_is_not_there(checkout: Path) -> None:
    status, output = said("rehearse", "--model", "churn")
    assert status == 2 and "churn.yaml: found no such file; expected one of those there: bike_demand" in output


def test_before_set_up_the_script_says_what_to_do(checkout: Path) -> None:
    script = checkout / "understudy"
    script.write_bytes((ROOT / "understudy").read_bytes())
    script.chmod(0o755)
    done = subprocess.run([script, "doctor"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "missing: what set-up installs" in done.stderr and f"make -C {checkout} setup" in done.stderr
