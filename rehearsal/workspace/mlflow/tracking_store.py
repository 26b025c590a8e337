"""One workspace's tracking store: MLflow's SqlAlchemyStore with the manners of Databricks.

What differs from open-source MLflow: experiments are named by workspace paths, their ids are unique over all
workspaces, artifacts live under `dbfs:/databricks/mlflow-tracking` (which makes the client choose its Databricks
artifact repositories), the authenticated caller is the run's user, there is no experiment 0, and the name of a
deleted experiment can be used again, and experiments are tagged with owner and path. https://learn.microsoft.com/azure/databricks/mlflow/experiments
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from mlflow.entities import ExperimentTag, LifecycleStage, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST
from mlflow.store.tracking import SEARCH_MAX_RESULTS_DEFAULT
from mlflow.store.tracking.dbmodels.models import SqlExperiment, SqlLoggedModel, SqlRun, SqlTraceInfo, SqlTraceTag
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.utils.mlflow_tags import MLFLOW_ARTIFACT_LOCATION, MLFLOW_USER
from sqlalchemy import event
from sqlalchemy.engine import Engine

from rehearsal.workspace.mlflow import caller
from rehearsal.workspace.permissions import acl

ARTIFACT_ROOT = "dbfs:/databricks/mlflow-tracking"
EXPERIMENTS = "experiments"
_REMEMBERED = 65536


class WorkspaceTrackingStore(SqlAlchemyStore):  # type: ignore[misc]
    """The tracking store behind one workspace's REST API."""

    def __init__(self, database: Path) -> None:
        self._experiment_of = lru_cache(_REMEMBERED)(self._look_up_experiment)
        super().__init__(f"sqlite:///{database}", ARTIFACT_ROOT)

    @classmethod
    def _get_or_create_engine(cls, db_uri: str) -> Engine:
        engine: Engine = super()._get_or_create_engine(db_uri)
        if not event.contains(engine, "connect", _durable):
            event.listen(engine, "connect", _durable)
            engine.dispose()  # connections made before the listener was there
        return engine

    def experiment_of_run(self, run_id: str) -> str:
        """The experiment that a run (deleted ones too) belongs to. Raises MlflowException."""
        return self._experiment_of(SqlRun, SqlRun.run_uuid, run_id)

    def experiment_of_model(self, model_id: str) -> str:
        """The experiment that a logged model belongs to. Raises MlflowException."""
        return self._experiment_of(SqlLoggedModel, SqlLoggedModel.model_id, model_id)

    def experiment_of_trace(self, trace_id: str) -> str:
        """The experiment that a trace belongs to. Raises MlflowException."""
        return self._experiment_of(SqlTraceInfo, SqlTraceInfo.request_id, trace_id)

    def create_experiment(self, name: str, artifact_location: str | None = None, tags: Any = None) -> str:
        """Create an experiment owned by the caller; its name is an absolute workspace path."""
        _require_workspace_path(name)
        if artifact_location and not artifact_location.startswith("dbfs:/"):
            raise MlflowException(
                f"Invalid artifact location {artifact_location!r}: it must be a dbfs:/ URI.", INVALID_PARAMETER_VALUE
            )
        self._give_up_name_of_deleted(name)
        if self.get_experiment_by_name(name) is not None:
            raise MlflowException(f"Node named '{name}' already exists", RESOURCE_ALREADY_EXISTS)
        return str(super().create_experiment(name, artifact_location, [*(tags or []), *_of_databricks(name)]))

    def search_experiments(
        self, view_type: Any = ViewType.ACTIVE_ONLY, max_results: int = 0, *rest: Any, **named: Any
    ) -> Any:
        """Search by name, tag or time; a request that does not say how many results it wants gets a page of them."""
        return super().search_experiments(view_type, max_results or SEARCH_MAX_RESULTS_DEFAULT, *rest, **named)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Give an experiment another workspace path."""
        _require_workspace_path(new_name)
        self._give_up_name_of_deleted(new_name)
        super().rename_experiment(experiment_id, new_name)

    def create_run(self, experiment_id: str, user_id: str, start_time: int, tags: Any, run_name: str) -> Any:
        """Start a run in the caller's name, whatever the operating system calls the client's user."""
        user = caller.current().principal.name
        kept = [tag for tag in tags or [] if tag.key != MLFLOW_USER]
        return super().create_run(experiment_id, user, start_time, [*kept, RunTag(MLFLOW_USER, user)], run_name)

    def create_logged_model(self, experiment_id: str, *args: Any, **kwargs: Any) -> Any:
        """Create a logged model with the artifact location by which the client knows Databricks' logged models."""
        created = super().create_logged_model(experiment_id, *args, **kwargs)
        with self.ManagedSessionMaker(read_only=False) as session:
            row = self._get_logged_model_record(session, created.model_id)
            folder, _, rest = row.artifact_location.partition(f"/{self.MODELS_FOLDER_NAME}/{created.model_id}")
            row.artifact_location = f"{folder}/logged_models/{created.model_id}{rest}"
            session.add(row)
        return self.get_logged_model(created.model_id)

    def _get_trace_artifact_location_tag(self, experiment: Any, trace_id: str) -> SqlTraceTag:
        location = f"{experiment.artifact_location}/{trace_id}/artifacts"
        return SqlTraceTag(request_id=trace_id, key=MLFLOW_ARTIFACT_LOCATION, value=location)

    def _create_default_experiment(self, session: Any) -> None:
        """A workspace has no experiment 0; outside of a notebook every run names its experiment."""

    def _with_workspace_field(self, instance: Any) -> Any:
        """MLflow's hook for new rows: here an experiment gets its id and its owner, durable before the row is."""
        instance = super()._with_workspace_field(instance)
        if isinstance(instance, SqlExperiment):
            call = caller.current()
            with call.store.transaction() as tx:
                instance.experiment_id = tx.next_id("experiment")
                acl.set_owner(tx, call.workspace, EXPERIMENTS, str(instance.experiment_id), call.principal.name)
        return instance

    def _look_up_experiment(self, model: Any, key: Any, value: str) -> str:
        with self.ManagedSessionMaker() as session:
            row = session.query(model.experiment_id).filter(key == value).one_or_none()
        if row is None:
            raise MlflowException(f"No resource with id {value} exists.", RESOURCE_DOES_NOT_EXIST)
        return str(row[0])

    def _give_up_name_of_deleted(self, name: str) -> None:
        """On Databricks a deleted experiment moves to the trash, which frees its path."""
        with self.ManagedSessionMaker(read_only=False) as session:
            deleted = (
                session.query(SqlExperiment)
                .filter(SqlExperiment.name == name, SqlExperiment.lifecycle_stage == LifecycleStage.DELETED)
                .one_or_none()
            )
            if deleted is not None:
                deleted.name = f"/Trash/{deleted.experiment_id}{name}"
                session.add(deleted)


def _of_databricks(name: str) -> list[ExperimentTag]:
    """The tags that Databricks gives every new experiment."""
    owner = caller.current().principal
    given = {"experiment.sourceName": name, "experimentType": "MLFLOW_EXPERIMENT"}
    given |= {"ownerEmail": owner.name, "ownerId": owner.id}
    return [ExperimentTag(f"mlflow.{key}", value) for key, value in given.items()]


def open_store(database: Path, template: Path) -> WorkspaceTrackingStore:
    """Open a workspace's database; a new one is a copy of `template`, because MLflow's migrations take seconds."""
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        if not template.exists():
            _make_template(template)
        unfinished = database.with_suffix(".new")
        shutil.copyfile(template, unfinished)
        unfinished.replace(database)
    return WorkspaceTrackingStore(database)


def _make_template(template: Path) -> None:
    template.parent.mkdir(parents=True, exist_ok=True)
    # Moved once it is whole: other workspaces may make it at the same time.
    with tempfile.TemporaryDirectory(dir=template.parent, prefix="draft-") as draft:
        unfinished = Path(draft) / template.name
        store = WorkspaceTrackingStore(unfinished)
        store._dispose_engine()
        with sqlite3.connect(unfinished) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # one file, so that a copy is whole
        connection.close()
        unfinished.replace(template)


def _durable(connection: Any, _record: Any) -> None:
    """What the server acknowledged survives `kill -9` and a power cut."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _require_workspace_path(name: str) -> None:
    if not name.startswith("/") or name.endswith("/") or "//" in name:
        raise MlflowException(
            f"Got an invalid experiment name '{name}'. An experiment name must be an absolute path within the "
            "Databricks workspace. E.g. '/Users/<some-username>/my-experiment'.",
            INVALID_PARAMETER_VALUE,
        )
