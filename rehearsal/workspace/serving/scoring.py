"""Scores one request with MLflow's own parsing of every request format, and words what is wrong with a bad one.

The formats (dataframe_split, dataframe_records, instances, inputs, CSV) are MLflow's:
https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
"""

from __future__ import annotations

import logging
from typing import NamedTuple

from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc import scoring_server as mlflow_scoring

from rehearsal.workspace.serving.diagnosis import diagnose
from rehearsal.workspace.serving.json_answers import error_body, strict_json

log = logging.getLogger(__name__)
_UNSUPPORTED_MEDIA_TYPE = 415


class Answer(NamedTuple):
    """What goes back: HTTP status and JSON text."""

    status: int
    body: str


def score(model: PyFuncModel, body: bytes, content_type: str) -> Answer:
    """Predict for the request; a request that does not fit the model's signature gets 400 and one clear message."""
    schema = model.metadata.get_input_schema()
    complaint = diagnose(body, content_type, schema)
    if complaint:
        return Answer(400, error_body("BAD_REQUEST", complaint))
    try:
        result = mlflow_scoring.invocations(body, content_type, model, schema)
    except MlflowException as error:
        log.warning("request refused: %s", error, exc_info=error)
        return Answer(400, error_body("BAD_REQUEST", _short(error)))
    if result.status == _UNSUPPORTED_MEDIA_TYPE:
        return Answer(result.status, error_body("BAD_REQUEST", result.response))
    return Answer(result.status, strict_json(result.response))


def _short(error: MlflowException) -> str:
    """MLflow's message without the advice on protocol changes of years ago; the model's own error when it has one."""
    message = str(error.message).split(" IMPORTANT: ")[0].strip()
    cause = error.__context__
    if cause is not None and not isinstance(cause, MlflowException) and "unexpected error" in message:
        return f"{message} Error '{type(cause).__name__}: {cause}'"
    return message
