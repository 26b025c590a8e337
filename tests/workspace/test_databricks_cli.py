"""The Databricks CLI, where somebody has installed it, works with the local workspace as it comes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.conftest import People, Server

CLI = shutil.which("databricks")
pytestmark = pytest.mark.skipif(
    CLI is None, reason="the Databricks CLI comes from no package registry; install it to have it tested, too"
)


def cli(server: Server, *arguments: str, profile: str = "dev") -> Any:
    """What a command answers. Raises CalledProcessError with what it said otherwise."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "ARM_"))}
    environment |= {"DATABRICKS_CONFIG_FILE": str(server.home / "databrickscfg")}
    command = [str(CLI), *arguments, "--profile", profile, "--output", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return json.loads(ended.stdout) if ended.stdout.strip().startswith(("{", "[")) else ended.stdout


def test_it_reads_and_grants_in_unity_catalog(server: Server, catalog: str, people: People) -> None:
    assert cli(server, "current-user", "me")["userName"] == "admin@example.com"
    assert catalog in {found["name"] for found in cli(server, "catalogs", "list")}
    assert cli(server, "schemas", "create", "raw", catalog)["full_name"] == f"{catalog}.raw"
    change = json.dumps({"changes": [{"principal": people.scientist, "add": ["USE_CATALOG", "SELECT"]}]})
    cli(server, "grants", "update", "catalog", catalog, "--json", change)
    effective = cli(server, "grants", "get-effective", "schema", f"{catalog}.raw", "--principal", people.scientist)
    (assignment,) = effective["privilege_assignments"]
    assert {(p["privilege"], p["inherited_from_name"]) for p in assignment["privileges"]} == {("SELECT", catalog)}
    cli(server, "schemas", "delete", f"{catalog}.raw")


def test_it_copies_files_to_a_volume_and_back(server: Server, catalog: str, tmp_path: Path) -> None:
    cli(server, "volumes", "create", catalog, "flights", "files", "MANAGED")
    (tmp_path / "day.csv").write_text("a,b\n1,2\n")
    remote = f"dbfs:/Volumes/{catalog}/flights/files/day.csv"
    cli(server, "fs", "cp", str(tmp_path / "day.csv"), remote)
    assert [entry["name"] for entry in cli(server, "fs", "ls", remote.rpartition("/")[0])] == ["day.csv"]
    cli(server, "fs", "cp", remote, str(tmp_path / "back.csv"))
    assert (tmp_path / "back.csv").read_text() == "a,b\n1,2\n"


def test_it_manages_jobs_secrets_and_the_account(server: Server) -> None:
    job = cli(server, "jobs", "create", "--json", json.dumps({"name": "nightly"}))["job_id"]
    assert cli(server, "jobs", "get", str(job))["settings"]["name"] == "nightly"
    cli(server, "jobs", "delete", str(job))
    cli(server, "secrets", "create-scope", "by-cli")
    cli(server, "secrets", "put-secret", "by-cli", "key", "--string-value", "hidden")
    assert [secret["key"] for secret in cli(server, "secrets", "list-secrets", "by-cli")] == ["key"]
    cli(server, "secrets", "delete-scope", "by-cli")
    assert cli(server, "account", "workspaces", "list", profile="account") is not None
