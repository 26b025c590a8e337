"""`kill -9` right after an acknowledged call: what MLflow was told is there when the workspace comes back."""

from __future__ import annotations

import signal
from pathlib import Path

import mlflow
import pytest

from tests.workspace.conftest import Server
from tests.workspace.mlflow_users import Users

ANNA = "anna@example.com"


@pytest.fixture
def users(server: Server, monkeypatch: pytest.MonkeyPatch) -> Users:
    return Users(server, monkeypatch)


@pytest.mark.trial
def test_a_killed_workspace_has_everything_that_it_acknowledged(users: Users, tmp_path: Path) -> None:
    users.acts_as(ANNA, "dev")
    experiment = mlflow.set_experiment("/Shared/killed")
    client = mlflow.MlflowClient()
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.log_text(run_id, "kept", "kept.txt")
    for step in range(20):
        client.log_metric(run_id, "step", step, step=step)
    users.server.stop(signal.SIGKILL)
    users.server.start()

    assert [metric.value for metric in client.get_metric_history(run_id, "step")] == list(range(20))
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/kept.txt") == "kept"
    client.log_metric(run_id, "step", 20, step=20)
    client.set_terminated(run_id)
    second = mlflow.create_experiment("/Shared/after")
    assert int(second) > int(experiment.experiment_id)
    users.acts_as("eve@example.com", "dev")
    with pytest.raises(mlflow.MlflowException, match="PERMISSION_DENIED"):
        client.get_run(run_id)
