"""Scores requests: the short way for rows that surely fit the signature, MLflow's own way for everything else.

The formats (dataframe_split, dataframe_records, instances, inputs, CSV, Parquet) are MLflow's:
https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models.signature import ModelSignature
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc import scoring_server as mlflow_scoring

from rehearsal.workspace.serving.answers import error_body, predictions_body, strict_json
from rehearsal.workspace.serving.diagnosis import diagnose
from rehearsal.workspace.serving.request_columns import ColumnReader, Columns, column_reader, together
from rehearsal.workspace.serving.wire import Answer

log = logging.getLogger(__name__)
_UNSUPPORTED_MEDIA_TYPE = 415
# A model that says so in its own metadata takes the rows of several requests in one call.
ROWS_INDEPENDENT = "rows_independent"
_MOST_ROWS_TOGETHER = 1024
_JSON = ("application/json", "")


class Scorer:
    """A loaded model with what is known of its signature."""

    def __init__(self, model: PyFuncModel) -> None:
        self._model = model
        self._schema = model.metadata.get_input_schema()
        self._reader = _reader(model)
        self._unchecked = _without_enforcement(model)
        self.rows_independent = bool((model.metadata.metadata or {}).get(ROWS_INDEPENDENT))

    def score(self, group: list[tuple[bytes, str]]) -> Iterator[list[Answer]]:
        """Answers to requests (body, content type) in their order, in portions as they are known."""
        if len(group) > 1 and self.rows_independent:
            yield self._together(group)
            return
        for body, content_type in group:
            columns = self._columns(body, content_type)
            answer = self._short_way(columns) if columns is not None else None
            yield [answer or self._long_way(body, content_type)]

    def _columns(self, body: bytes, content_type: str) -> Columns | None:
        return self._reader.read(body) if self._reader and content_type in _JSON else None

    def _together(self, group: list[tuple[bytes, str]]) -> list[Answer]:
        """One call of the model for all requests that have the same columns as the first that can be read."""
        read = [self._columns(body, content_type) for body, content_type in group]
        names = next((columns.names for columns in read if columns is not None), ())
        answers: list[Answer | None] = [None] * len(group)
        same = [
            (place, columns) for place, columns in enumerate(read) if columns is not None and columns.names == names
        ]
        while same:
            count, rows = 0, 0
            while count < len(same) and (not count or rows + same[count][1].rows <= _MOST_ROWS_TOGETHER):
                rows += same[count][1].rows
                count += 1
            portion, same = same[:count], same[count:]
            for (place, _), answer in zip(portion, self._of_all([columns for _, columns in portion]), strict=True):
                answers[place] = answer
        return [
            answer or (self._short_way(columns) if columns is not None else None) or self._long_way(*request)
            for answer, columns, request in zip(answers, read, group, strict=True)
        ]

    def _of_all(self, parts: list[Columns]) -> list[Answer | None]:
        """An answer for each part; None where the model's answer cannot be divided, or has to be worded by MLflow."""
        nothing: list[Answer | None] = [None] * len(parts)
        whole = together(parts)
        predictions = self._predict(whole)
        if predictions is None or not hasattr(predictions, "__getitem__") or len(predictions) != whole.rows:
            return nothing
        rows = predictions.iloc if isinstance(predictions, pd.DataFrame) else predictions
        answers: list[Answer | None] = []
        start = 0
        for part in parts:
            body = predictions_body(rows[start : start + part.rows])
            answers.append(Answer(200, body) if body is not None else None)
            start += part.rows
        return answers

    def _short_way(self, columns: Columns) -> Answer | None:
        predictions = self._predict(columns)
        body = predictions_body(predictions) if predictions is not None else None
        return Answer(200, body) if body is not None else None

    def _predict(self, columns: Columns) -> Any:
        """The model's answer, or None when it failed: the long way asks it again and words what it says."""
        try:
            return self._unchecked.predict(columns.frame())
        except Exception as error:
            log.warning("the model failed, it is asked again with MLflow's own checks: %r", error)
            return None

    def _long_way(self, body: bytes, content_type: str) -> Answer:
        """By MLflow itself; a request that does not fit the model's signature gets 400 and one clear message."""
        content_type = content_type or "application/json"
        complaint = diagnose(body, content_type, self._schema)
        if complaint:
            return Answer(400, error_body("BAD_REQUEST", complaint))
        try:
            result = mlflow_scoring.invocations(body, content_type, self._model, self._schema)
        except MlflowException as error:
            log.warning("request refused: %s", error, exc_info=error)
            return Answer(400, error_body("BAD_REQUEST", _short(error)))
        if result.status == _UNSUPPORTED_MEDIA_TYPE:
            return Answer(result.status, error_body("BAD_REQUEST", result.response))
        return Answer(result.status, strict_json(result.response))


def _reader(model: PyFuncModel) -> ColumnReader | None:
    """None, too, for models whose signature is Python type hints: these get their input in another shape."""
    if model.metadata._is_signature_from_type_hint() or model.metadata._is_type_hint_from_example():
        return None
    return column_reader(model.metadata.get_input_schema())


def _without_enforcement(model: PyFuncModel) -> PyFuncModel:
    """The same model for data frames that are as its signature wants them: MLflow need not look at each again."""
    signature = model.metadata.signature
    unchecked = copy.copy(model)
    if signature is not None:
        metadata = copy.copy(model.metadata)
        metadata._signature = None
        if signature.outputs or signature.params:
            metadata._signature = ModelSignature(outputs=signature.outputs, params=signature.params)
        unchecked._model_meta = metadata
    return unchecked


def _short(error: MlflowException) -> str:
    """MLflow's message without the advice on protocol changes of years ago; the model's own error when it has one."""
    message = str(error.message).split(" IMPORTANT: ")[0].strip()
    cause = error.__context__
    if cause is not None and not isinstance(cause, MlflowException) and "unexpected error" in message:
        return f"{message} Error '{type(cause).__name__}: {cause}'"
    return message
