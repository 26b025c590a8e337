"""Which permission on which experiment each of MLflow's REST calls needs; a call that is not listed is not served.

Levels as Databricks documents them: CAN_READ sees runs and their artifacts, CAN_EDIT logs, CAN_MANAGE deletes, renames
and grants. https://learn.microsoft.com/azure/databricks/security/auth/access-control/#mlflow-experiments
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, not_found
from rehearsal.workspace.mlflow.tracking_store import EXPERIMENTS, WorkspaceTrackingStore
from rehearsal.workspace.permissions import acl

READ, EDIT, MANAGE = "CAN_READ", "CAN_EDIT", "CAN_MANAGE"
Finder = Callable[[WorkspaceTrackingStore, Any, dict[str, str]], Iterable[str]]


@dataclass(frozen=True)
class Rule:
    """The level that a call needs on every experiment that it touches."""

    level: str
    experiments: Finder


def require(call: Call, experiment_id: str, level: str) -> None:
    """Refuse the caller who lacks `level` on the experiment. Raises DatabricksError 403, or 404 when there is none."""
    with call.store.transaction() as tx:
        if not acl.exists(tx, call.workspace, EXPERIMENTS, experiment_id):
            raise not_found(f"No Experiment with id={experiment_id} exists")
        acl.require_level(tx, call.principal, call.workspace, EXPERIMENTS, experiment_id, level)


def may(call: Call, experiment_id: str, level: str) -> bool:
    """Does the caller have `level` on the experiment?"""
    try:
        require(call, experiment_id, level)
    except DatabricksError:
        return False
    return True


def _none(_store: WorkspaceTrackingStore, _message: Any, _path: dict[str, str]) -> list[str]:
    return []


def _experiment(_store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return [message.experiment_id]


def _experiments(_store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return list(message.experiment_ids)


def _experiment_name(store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    found = store.get_experiment_by_name(message.experiment_name)
    return [found.experiment_id] if found else []  # the handler itself answers that there is none


def _run(store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return [store.experiment_of_run(message.run_id or getattr(message, "run_uuid", ""))]


def _runs(store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return [store.experiment_of_run(run_id) for run_id in message.run_ids]


def _run_and_traces(store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return [store.experiment_of_run(message.run_id), *map(store.experiment_of_trace, message.trace_ids)]


def _model(store: WorkspaceTrackingStore, _message: Any, path: dict[str, str]) -> list[str]:
    return [store.experiment_of_model(path["model_id"])]


def _new_trace(_store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return [message.trace.trace_info.trace_location.mlflow_experiment.experiment_id]


def _trace(store: WorkspaceTrackingStore, message: Any, path: dict[str, str]) -> list[str]:
    trace_id = path.get("trace_id") or path.get("request_id") or message.trace_id
    return [store.experiment_of_trace(trace_id)]


def _traces(store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return [store.experiment_of_trace(trace_id) for trace_id in message.trace_ids]


def _locations(_store: WorkspaceTrackingStore, message: Any, _path: dict[str, str]) -> list[str]:
    return [location.mlflow_experiment.experiment_id for location in message.locations]


# By the name of the request's message in MLflow's protocol.
RULES: dict[str, Rule] = {
    "CreateExperiment": Rule(READ, _none),
    "SearchExperiments": Rule(READ, _none),  # its answer is cut down to what the caller may read
    "GetExperiment": Rule(READ, _experiment),
    "GetExperimentByName": Rule(READ, _experiment_name),
    "UpdateExperiment": Rule(MANAGE, _experiment),
    "DeleteExperiment": Rule(MANAGE, _experiment),
    "RestoreExperiment": Rule(MANAGE, _experiment),
    "SetExperimentTag": Rule(EDIT, _experiment),
    "DeleteExperimentTag": Rule(EDIT, _experiment),
    "SearchDatasets": Rule(READ, _experiments),
    "CreateRun": Rule(EDIT, _experiment),
    "UpdateRun": Rule(EDIT, _run),
    "DeleteRun": Rule(EDIT, _run),
    "RestoreRun": Rule(EDIT, _run),
    "LogMetric": Rule(EDIT, _run),
    "LogParam": Rule(EDIT, _run),
    "LogBatch": Rule(EDIT, _run),
    "LogModel": Rule(EDIT, _run),
    "LogInputs": Rule(EDIT, _run),
    "LogOutputs": Rule(EDIT, _run),
    "SetTag": Rule(EDIT, _run),
    "DeleteTag": Rule(EDIT, _run),
    "GetRun": Rule(READ, _run),
    "SearchRuns": Rule(READ, _experiments),
    "GetMetricHistory": Rule(READ, _run),
    "GetMetricHistoryBulkInterval": Rule(READ, _runs),
    "CreateLoggedModel": Rule(EDIT, _experiment),
    "FinalizeLoggedModel": Rule(EDIT, _model),
    "SetLoggedModelTags": Rule(EDIT, _model),
    "DeleteLoggedModelTag": Rule(EDIT, _model),
    "LogLoggedModelParamsRequest": Rule(EDIT, _model),
    "DeleteLoggedModel": Rule(EDIT, _model),
    "GetLoggedModel": Rule(READ, _model),
    "SearchLoggedModels": Rule(READ, _experiments),
    "StartTraceV3": Rule(EDIT, _new_trace),
    "GetTraceInfoV3": Rule(READ, _trace),
    "GetTrace": Rule(READ, _trace),
    "BatchGetTraces": Rule(READ, _traces),
    "BatchGetTraceInfos": Rule(READ, _traces),
    "SearchTracesV3": Rule(READ, _locations),
    "SetTraceTag": Rule(EDIT, _trace),
    "SetTraceTagV3": Rule(EDIT, _trace),
    "DeleteTraceTag": Rule(EDIT, _trace),
    "DeleteTraceTagV3": Rule(EDIT, _trace),
    "DeleteTraces": Rule(EDIT, _experiment),
    "DeleteTracesV3": Rule(EDIT, _experiment),
    "LinkTracesToRun": Rule(EDIT, _run_and_traces),
    "CreateAssessment": Rule(EDIT, _trace),
    "UpdateAssessment": Rule(EDIT, _trace),
    "DeleteAssessment": Rule(EDIT, _trace),
    "GetAssessmentRequest": Rule(READ, _trace),
}
