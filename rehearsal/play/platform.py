"""The local workspace as the play sees it: a process to start, wait for and stop, and clients of its profiles."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from configparser import ConfigParser
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import httpx
import psutil
from databricks.sdk import AccountClient, WorkspaceClient

from rehearsal import found_again
from rehearsal.forked_python import ADDRESS_FILE
from rehearsal.listening import stays_taken

# Azure's tenant; one is as good as another.
TENANT_ID = "00000000-0000-0000-0000-000000000000"
SERVER = "rehearsal.workspace"  # the module that serves one
_READY_SECONDS = 180
_STOP_SECONDS = 30


class PlatformError(Exception):
    """The local workspace could not be started; the message says why and where its log is."""


class LocalPlatform:
    """The workspace's process and addresses, found again through files of its home folder."""

    def __init__(self, home: Path, port_base: int) -> None:
        self.home = home.resolve()
        self.port_base = port_base
        self.log = self.home / "logs" / "workspace.log"

    @property
    def config_file(self) -> Path:
        """Databricks configuration file with a profile per workspace."""
        return self.home / "databrickscfg"

    @property
    def terraform_state(self) -> Path:
        """Folder of Terraform's state: it describes this workspace, so it lives and dies with it."""
        return self.home / "terraform"

    @property
    def warm_parent(self) -> str:
        """The socket at which the workspace forks processes that need its libraries; empty when there is none."""
        told = self.home / ADDRESS_FILE
        return told.read_text() if told.exists() else ""

    def azure_login(self) -> dict[str, str]:
        """The variables with which Terraform signs in to the local Azure. Raises PlatformError before `enrol`."""
        try:
            login = json.loads(self._azure_login.read_text())
        except FileNotFoundError as error:
            raise PlatformError(
                f"there is no local workspace in {self.home}; `make rehearse KEEP=1` leaves one up"
            ) from error
        return {"ARM_METADATA_HOSTNAME": f"127.0.0.1:{self.port_base}", **login}

    def enrol(self) -> None:
        """Give Terraform a service principal to deploy to Azure with, unless it has one."""
        if self._azure_login.exists():
            return
        admin = self.account()
        deployer = admin.service_principals.create(display_name="terraform", active=True)
        secret = admin.service_principal_secrets.create(service_principal_id=str(deployer.id)).secret
        login = {"ARM_CLIENT_ID": deployer.application_id, "ARM_CLIENT_SECRET": secret, "ARM_TENANT_ID": TENANT_ID}
        with os.fdopen(os.open(self._azure_login, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(login, file)

    @property
    def _azure_login(self) -> Path:
        return self.home / "azure.json"

    def start(self, metastore_id: str, begin: datetime | None = None) -> None:
        """Start the workspace unless it runs; return when every part of it answers. Raises PlatformError.

        Args:
            begin: the time (UTC) with which the clock of a new home begins; the machine's where it is not said.
        """
        if self.pid() is None:
            self._require_free_port()
            self.log.parent.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", SERVER, "serve"]
            command += ["--home", str(self.home), "--port-base", str(self.port_base)]
            command += ["--metastore-id", metastore_id]
            command += ["--begin", begin.strftime("%Y-%m-%dT%H:%M:%S")] if begin else []
            with self.log.open("ab") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        else:
            process = None
        self._wait_until_ready(process)

    def _require_free_port(self) -> None:
        # Whoever has it would answer for the workspace that is about to start, and refuse all that it is asked.
        if stays_taken(self.port_base):
            taken = f"port {self.port_base} is taken by another program, perhaps another checkout's local workspace"
            raise PlatformError(f"{taken}; expected a free one: `make down` there, or PORT_BASE=9440 here")

    def stop(self) -> bool:
        """Ask the workspace to end and wait for it; False when none was running."""
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _runs(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                deadline += _STOP_SECONDS
            time.sleep(0.1)
        return True

    def kill(self) -> None:
        """Let the workspace die at once, as a machine does that loses its power; what it has started dies with it."""
        pid = self.pid()
        if pid is None:
            raise PlatformError(f"no local workspace runs in {self.home}")
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=_STOP_SECONDS)

    def pid(self) -> int | None:
        """Process id of the running workspace of this home, or None."""
        process = found_again.find(self.home / "workspace.pid", self._is_served_by)
        return process.pid if process else None

    def _is_served_by(self, process: psutil.Process) -> bool:
        words = process.cmdline()
        if SERVER not in words or "--home" not in words:
            return False
        home = Path(process.cwd()) / words[words.index("--home") + 1]
        return home.resolve() == self.home.resolve()

    def client(self, profile: str) -> WorkspaceClient:
        """The administrator's client of a workspace, whomever the environment's variables name."""
        profiles = ConfigParser()
        profiles.read(self.config_file)
        return self.client_with(profile, profiles[profile]["token"])

    def account(self) -> AccountClient:
        """The administrator's client of the account."""
        return AccountClient(profile="account", config_file=str(self.config_file), auth_type="pat")

    def client_with(self, workspace: str, token: str) -> WorkspaceClient:
        """A client of a workspace for whoever holds the token."""
        return WorkspaceClient(host=self.host(workspace), token=token, auth_type="pat")

    def host(self, workspace: str) -> str:
        """URL of a workspace's REST API."""
        return f"http://127.0.0.1:{self.port_base + ('account', 'dev', 'staging', 'prod').index(workspace)}"

    def spark_url(self, workspace: str, token: str) -> str:
        """Spark Connect URL of a workspace's gateway.

        It says `localhost`: nowhere else does pyspark send a token without TLS.
        """
        port = self.port_base + 11 + ("dev", "staging", "prod").index(workspace)
        return f"sc://localhost:{port}/;token={token}"

    def token_of(self, principal: str) -> str:
        """A new access token, as the person would make one in the workspace's settings page."""
        command = [sys.executable, "-m", "rehearsal.workspace", "token", "--home", str(self.home), principal]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def online_reader(self, workspace: str, store: str) -> str:
        """How any PostgreSQL client reads an online store: a connection string of libpq."""
        command = [sys.executable, "-m", "rehearsal.workspace", "online-reader", "--home", str(self.home)]
        command += ["--port-base", str(self.port_base), "--workspace", workspace, store]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def sign_in_address(self, workspace: str) -> str:
        """An address of the web pages that signs the administrator in, once."""
        command = [sys.executable, "-m", "rehearsal.workspace", "sign-in", "--workspace", workspace]
        command += ["--home", str(self.home), "--port-base", str(self.port_base)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _wait_until_ready(self, process: subprocess.Popen[bytes] | None) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if process is not None and process.poll() is not None:
                raise PlatformError(f"the local workspace ended at its start\n{self._log_tail()}")
            try:
                # Any answer will do, a refusal too: the port opens after Spark and the other services are up.
                httpx.get(f"{self.host('prod')}/api/2.0/preview/scim/v2/Me", timeout=5)
                return
            except httpx.TransportError:
                time.sleep(0.1)
        raise PlatformError(f"the local workspace did not answer within {_READY_SECONDS} s\n{self._log_tail()}")

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:] if self.log.exists() else []
        return "\n".join([f"end of {self.log}:", *lines])


def _runs(pid: int) -> bool:
    """Does the process exist, and not only as a zombie that its parent has not collected?"""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
