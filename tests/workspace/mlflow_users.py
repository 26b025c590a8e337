"""People who use MLflow in the running workspace: each test says as whom it acts, and where."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from databricks.sdk import WorkspaceClient
from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

from tests.workspace.conftest import Server

_VARIABLES = {"MLFLOW_TRACKING_URI": "databricks", "MLFLOW_REGISTRY_URI": "databricks-uc"}


@dataclass
class Users:
    """Users by e-mail; one who is not known yet is made."""

    server: Server
    monkeypatch: pytest.MonkeyPatch

    def client(self, name: str, workspace: str) -> WorkspaceClient:
        """A databricks-sdk client of a user."""
        if name not in self.server.tokens:
            admin = self.server.admin(workspace)
            if not list(admin.users_v2.list(filter=f'userName eq "{name}"')):
                admin.users_v2.create(user_name=name)
        return self.server.client(name, workspace)

    def token(self, name: str) -> str:
        """A user's token."""
        self.client(name, "dev")
        return self.server.tokens[name]

    def acts_as(self, name: str, workspace: str) -> None:
        """Let the stock MLflow client of this process be that user's, in that workspace."""
        address = {"DATABRICKS_HOST": self.server.host(workspace), "DATABRICKS_TOKEN": self.token(name)}
        for variable, value in {**_VARIABLES, **address}.items():
            self.monkeypatch.setenv(variable, value)
        _artifact_repos_cache.clear()  # the client keeps each run's connection, with the token of who opened it
