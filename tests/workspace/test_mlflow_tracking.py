"""The stock MLflow client, with MLFLOW_TRACKING_URI=databricks, against a real workspace process."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import mlflow
import pandas as pd
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service import iam
from databricks.sdk.service.ml import ExperimentTag, ViewType
from matplotlib.figure import Figure
from mlflow.exceptions import MlflowException, RestException

from tests.workspace.conftest import Server
from tests.workspace.mlflow_users import Users

ANNA, BOB = "anna@example.com", "bob@example.com"


@pytest.fixture
def users(server: Server, monkeypatch: pytest.MonkeyPatch) -> Users:
    return Users(server, monkeypatch)


def share(users: Users, experiment_id: str, level: iam.PermissionLevel) -> None:
    """Give BOB a level on the experiment."""
    entry = iam.AccessControlRequest(user_name=BOB, permission_level=level)
    users.server.admin("dev").permissions.update("experiments", experiment_id, access_control_list=[entry])


def test_a_run_keeps_everything_that_was_logged(users: Users, tmp_path: Path) -> None:
    users.acts_as(ANNA, "dev")
    experiment = mlflow.set_experiment("/Shared/everything")
    data = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    note = tmp_path / "note.txt"
    note.write_text("late again")
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_params({"depth": 3, "rate": 0.1})
        for step in range(5):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.set_tag("code_version", "abc123")
        mlflow.log_input(mlflow.data.from_pandas(data, name="flights", targets="y"), context="training")
        mlflow.log_artifact(str(note), "notes")
        mlflow.log_figure(Figure(), "plots/empty.png")
        mlflow.log_dict({"a": 1}, "facts.json")

    client = mlflow.MlflowClient()
    found = client.get_run(run.info.run_id)
    assert found.data.params == {"depth": "3", "rate": "0.1"}
    assert [metric.value for metric in client.get_metric_history(run.info.run_id, "loss")] == [
        1,
        1 / 2,
        1 / 3,
        1 / 4,
        1 / 5,
    ]
    assert found.data.tags["code_version"] == "abc123"
    assert found.inputs.dataset_inputs[0].dataset.name == "flights"
    assert found.data.tags["mlflow.user"] == ANNA and found.info.user_id == ANNA
    assert (
        found.info.artifact_uri
        == f"dbfs:/databricks/mlflow-tracking/{experiment.experiment_id}/{run.info.run_id}/artifacts"
    )
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["facts.json", "notes", "plots"]
    assert [file.path for file in client.list_artifacts(run.info.run_id, "notes")] == ["notes/note.txt"]
    folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=str(tmp_path / "down"))
    assert (Path(folder) / "notes" / "note.txt").read_text() == "late again"
    best = mlflow.search_runs(
        experiment_names=["/Shared/everything"], filter_string="metrics.loss < 0.5 and params.depth = '3'"
    )
    assert list(best["run_id"]) == [run.info.run_id]


def test_traces_are_kept_with_their_data(users: Users) -> None:
    users.acts_as(ANNA, "dev")
    experiment = mlflow.set_experiment("/Shared/traces")
    with mlflow.start_span("question") as span:
        span.set_inputs({"carrier": "UA"})
        span.set_outputs({"late": True})
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(span.trace_id)
    assert trace is not None and trace.data.spans[0].inputs == {"carrier": "UA"}
    mlflow.set_trace_tag(span.trace_id, "seen", "yes")
    found = mlflow.search_traces(locations=[experiment.experiment_id], return_type="list")
    assert [trace.info.tags["seen"] for trace in found] == ["yes"]


def test_experiments_are_the_same_for_the_sdk(users: Users) -> None:
    workspace: WorkspaceClient = users.client(ANNA, "staging")
    created = workspace.experiments.create_experiment("/Shared/sdk", tags=[])
    experiment_id = str(created.experiment_id)
    by_name = workspace.experiments.get_by_name("/Shared/sdk").experiment
    assert by_name is not None and by_name.experiment_id == experiment_id
    assert by_name.artifact_location == f"dbfs:/databricks/mlflow-tracking/{experiment_id}"
    workspace.experiments.update_experiment(experiment_id, new_name="/Shared/renamed")
    assert [e.name for e in workspace.experiments.list_experiments() if e.experiment_id == experiment_id] == [
        "/Shared/renamed"
    ]
    workspace.experiments.delete_experiment(experiment_id)
    deleted = workspace.experiments.search_experiments(view_type=ViewType.DELETED_ONLY)
    assert experiment_id in {e.experiment_id for e in deleted}
    workspace.experiments.restore_experiment(experiment_id)
    assert workspace.experiments.get_experiment(experiment_id).experiment.lifecycle_stage == "active"


def test_an_experiment_is_tagged_with_its_owner_and_path(users: Users) -> None:
    workspace = users.client(ANNA, "dev")
    created = workspace.experiments.create_experiment("/Shared/tagged", tags=[ExperimentTag("team", "flights")])
    experiment = workspace.experiments.get_experiment(str(created.experiment_id)).experiment
    assert experiment is not None
    assert {tag.key: tag.value for tag in experiment.tags or []} == {
        "team": "flights",
        "mlflow.experiment.sourceName": "/Shared/tagged",
        "mlflow.experimentType": "MLFLOW_EXPERIMENT",
        "mlflow.ownerEmail": ANNA,
        "mlflow.ownerId": workspace.current_user.me().id,
    }


def test_the_name_of_a_deleted_experiment_is_free_again(users: Users) -> None:
    workspace = users.client(ANNA, "dev")
    first = str(workspace.experiments.create_experiment("/Shared/again").experiment_id)
    with pytest.raises(Exception, match="Node named '/Shared/again' already exists"):
        workspace.experiments.create_experiment("/Shared/again")
    workspace.experiments.delete_experiment(first)
    second = str(workspace.experiments.create_experiment("/Shared/again").experiment_id)
    assert second != first
    assert workspace.experiments.get_by_name("/Shared/again").experiment.experiment_id == second


def test_workspaces_do_not_see_each_others_experiments(users: Users) -> None:
    in_dev = users.client(ANNA, "dev").experiments.create_experiment("/Shared/mine").experiment_id
    in_prod = users.client(ANNA, "prod").experiments.create_experiment("/Shared/mine").experiment_id
    assert in_dev != in_prod
    with pytest.raises(NotFound):
        users.server.admin("prod").experiments.get_experiment(str(in_dev))


def test_an_experiment_is_its_owners_until_it_is_shared(users: Users) -> None:
    users.acts_as(ANNA, "dev")
    experiment = mlflow.set_experiment("/Shared/private")
    with mlflow.start_run() as run:
        mlflow.log_text("secret", "secret.txt")

    users.acts_as(BOB, "dev")
    client = mlflow.MlflowClient()
    assert "/Shared/private" not in {e.name for e in client.search_experiments()}
    for refused in (
        lambda: client.get_experiment(experiment.experiment_id),
        lambda: client.get_experiment_by_name("/Shared/private"),
        lambda: client.get_run(run.info.run_id),
        lambda: client.search_runs([experiment.experiment_id]),
        lambda: client.log_metric(run.info.run_id, "m", 1),
        lambda: client.create_run(experiment.experiment_id),
        lambda: client.delete_experiment(experiment.experiment_id),
    ):
        with pytest.raises(RestException, match="PERMISSION_DENIED"):
            refused()
    with pytest.raises(Exception, match="PERMISSION_DENIED"):
        mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="secret.txt")

    share(users, experiment.experiment_id, iam.PermissionLevel.CAN_READ)
    assert client.get_run(run.info.run_id).info.run_id == run.info.run_id
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/secret.txt") == "secret"
    assert "/Shared/private" in {e.name for e in client.search_experiments()}
    with pytest.raises(RestException, match="PERMISSION_DENIED"):
        client.log_metric(run.info.run_id, "m", 1)
    with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
        client.log_text(run.info.run_id, "forged", "secret.txt")

    share(users, experiment.experiment_id, iam.PermissionLevel.CAN_EDIT)
    client.log_metric(run.info.run_id, "m", 1)
    with pytest.raises(PermissionDenied):
        users.client(BOB, "dev").experiments.delete_experiment(experiment.experiment_id)


def test_an_experiment_is_named_by_a_workspace_path(users: Users) -> None:
    users.acts_as(ANNA, "dev")
    with pytest.raises(RestException, match="must be an absolute path"):
        mlflow.create_experiment("no-path")
    with pytest.raises(MlflowException, match="No Experiment with id=0"):
        mlflow.MlflowClient().create_run("0")


def test_what_is_not_classified_is_not_served(users: Users) -> None:
    host, token = users.server.host("dev"), users.token(ANNA)
    url = f"{host}/api/3.0/mlflow/scorers/list"
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code == 404 and answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"
    assert requests.get(f"{host}/api/2.0/mlflow/experiments/search", timeout=30).status_code == 401
