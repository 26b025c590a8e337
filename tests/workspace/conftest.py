"""A real workspace process for the tests: started once, on free ports, with a home of its own, without Spark."""

from __future__ import annotations

import configparser
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.service.iam import ComplexValue, GrantRule, RuleSetUpdateRequest

from rehearsal.workspace.identity.bootstrap import ADMIN
from rehearsal.workspace.identity.installation import ACCOUNT_ID
from tests.ports import free_port_base

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@dataclass
class Server:
    """The workspace process and clients of it, by profile or by principal."""

    home: Path
    port_base: int
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start the process and wait until its ports answer."""
        command = [sys.executable, "-m", "rehearsal.workspace", "serve", "--home", str(self.home)]
        command += ["--port-base", str(self.port_base), "--without", "compute"]
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the workspace did not start:\n" + (self.home / "server.log").read_text()[-4000:])
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=30)

    def host(self, workspace: str) -> str:
        """Address of the account or of a workspace."""
        return f"http://127.0.0.1:{self.port_base + ('account', 'dev', 'staging', 'prod').index(workspace)}"

    def admin(self, workspace: str = "dev") -> WorkspaceClient:
        """A client of the administrator whose token the server wrote into its configuration file."""
        return self._client(workspace, self._profile_token())

    def account(self) -> AccountClient:
        """The administrator's client of the account."""
        profiles = configparser.ConfigParser()
        profiles.read(self.home / "databrickscfg")
        profile = profiles["account"]
        return AccountClient(
            config=Config(host=profile["host"], token=profile["token"], account_id=profile["account_id"])
        )

    def client(self, principal: str, workspace: str = "dev") -> WorkspaceClient:
        """A client of a user or service principal, with a token as a person would make one."""
        if principal not in self.tokens:
            command = [sys.executable, "-m", "rehearsal.workspace", "token", "--home", str(self.home), principal]
            self.tokens[principal] = subprocess.run(
                command, cwd=ROOT, check=True, capture_output=True, text=True
            ).stdout.strip()
        return self._client(workspace, self.tokens[principal])

    def _client(self, workspace: str, token: str) -> WorkspaceClient:
        return WorkspaceClient(config=Config(host=self.host(workspace), token=token, auth_type="pat"))

    def _profile_token(self) -> str:
        profiles = configparser.ConfigParser()
        profiles.read(self.home / "databrickscfg")
        return profiles["dev"]["token"]

    def _answers(self) -> bool:
        try:
            return all(
                httpx.get(f"{self.host(workspace)}/.well-known/databricks-config").status_code == 200
                for workspace in ("account", "dev", "staging", "prod")
            )
        except httpx.TransportError:
            return False


@dataclass(frozen=True)
class People:
    """Principals that the tests act as."""

    scientist: str
    engineer: str
    job: str  # application id of a service principal


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The running workspace."""
    running = Server(tmp_path_factory.mktemp("home"), free_port_base())
    running.start()
    yield running
    running.stop()
    assert running.process is not None and running.process.returncode == 0


@pytest.fixture(scope="session")
def people(server: Server) -> People:
    """A data scientist in the group `data-scientists`, an engineer in none, and a service principal."""
    admin = server.admin()
    scientist = admin.users_v2.create(user_name="scientist@example.com")
    engineer = admin.users_v2.create(user_name="engineer@example.com")
    job = admin.service_principals_v2.create(display_name="job")
    admin.groups_v2.create(display_name="data-scientists", members=[ComplexValue(value=scientist.id)])
    return People(str(scientist.user_name), str(engineer.user_name), str(job.application_id))


def let_run_as(admin: WorkspaceClient, application_id: str, user: str = ADMIN) -> None:
    """Give a user the role by which his jobs may run as the service principal, which no administrator has unasked."""
    name = f"accounts/{ACCOUNT_ID}/servicePrincipals/{application_id}/ruleSets/default"
    found = admin.account_access_control_proxy.get_rule_set(name, etag="")
    rules = [*(found.grant_rules or []), GrantRule("roles/servicePrincipal.user", [f"users/{user}"])]
    admin.account_access_control_proxy.update_rule_set(name, RuleSetUpdateRequest(name, found.etag, rules))


@pytest.fixture
def catalog(server: Server, people: People, request: pytest.FixtureRequest) -> Iterator[str]:
    """A catalog with schema `flights`, of the test's own name; nobody but the administrator holds anything on it."""
    name = re.sub(r"\W+", "_", request.node.name.lower())
    admin = server.admin()
    admin.catalogs.create(name)
    admin.schemas.create("flights", name)
    yield name
    admin.catalogs.delete(name, force=True)
