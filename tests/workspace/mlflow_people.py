"""People who use MLflow in a running workspace: each test says as whom it acts, and where."""

from __future__ import annotations

import configparser
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient

_VARIABLES = {"MLFLOW_TRACKING_URI": "databricks", "MLFLOW_REGISTRY_URI": "databricks-uc"}


@dataclass
class People:
    """The principals of one platform, by e-mail."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    _tokens: dict[str, str] = field(default_factory=dict)

    def address(self, name: str, workspace: str) -> tuple[str, str]:
        """(host, token) of a person, who is made a user when he is none yet."""
        host, _ = self._profile(workspace)
        if name not in self._tokens:
            admin = self.admin(workspace)
            if not list(admin.users.list(filter=f'userName eq "{name}"')):
                admin.users.create(user_name=name)
            command = [sys.executable, "-m", "rehearsal.workspace", "token", "--home", str(self.home), name]
            self._tokens[name] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        return host, self._tokens[name]

    def client(self, name: str, workspace: str) -> WorkspaceClient:
        """A databricks-sdk client of a person."""
        host, token = self.address(name, workspace)
        return WorkspaceClient(host=host, token=token)

    def admin(self, workspace: str) -> WorkspaceClient:
        """A databricks-sdk client of the platform's administrator."""
        host, token = self._profile(workspace)
        return WorkspaceClient(host=host, token=token)

    def acts_as(self, name: str, workspace: str) -> None:
        """Let the stock MLflow client of this process be that person's, in that workspace."""
        host, token = self.address(name, workspace)
        for variable, value in {**_VARIABLES, "DATABRICKS_HOST": host, "DATABRICKS_TOKEN": token}.items():
            self.monkeypatch.setenv(variable, value)

    def _profile(self, workspace: str) -> tuple[str, str]:
        profiles = configparser.ConfigParser()
        profiles.read(self.home / "databrickscfg")
        return profiles[workspace]["host"], profiles[workspace]["token"]
