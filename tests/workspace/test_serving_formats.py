"""Both ways of reading a request give what MLflow's own scoring server gives; what is wrong gets one clear message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.pyfunc import scoring_server
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

from rehearsal.workspace.serving.request_columns import column_reader, together
from rehearsal.workspace.serving.scoring import ROWS_INDEPENDENT, Scorer
from rehearsal.workspace.serving.wire import Answer

JSON = "application/json"
KINDS = ("double", "float", "long", "integer", "boolean", "string")
MIXED = Schema([*(ColSpec(DataType[kind], kind) for kind in KINDS), ColSpec(DataType.double, "extra", required=False)])
ROW: dict[str, Any] = {"double": 1.5, "float": 0.1, "long": 7, "integer": -2, "boolean": True, "string": "JFK"}


class Describe(mlflow.pyfunc.PythonModel):
    """Answers with what it is given: each column's type and values."""

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        if isinstance(model_input, pd.DataFrame):
            if "boom" in model_input.get("string", pd.Series(dtype=object)).tolist():
                raise ValueError("the model does not like this row")
            shown = {name: f"{model_input[name].dtype} {{}}" for name in model_input}
            rows = model_input.to_dict("records")
            result = [{name: shown[name].format(repr(value)) for name, value in row.items()} for row in rows]
            return pd.DataFrame(result if params is None else [{**row, "params": str(params)} for row in result])
        values = model_input if isinstance(model_input, np.ndarray) else next(iter(model_input.values()))
        return np.asarray(values) * 2


def loaded(folder: Path, schema: Schema, metadata: dict[str, Any] | None = None, params: bool = False) -> Any:
    accepted = ParamSchema([ParamSpec("limit", DataType.long, 3)]) if params else None
    signature = ModelSignature(inputs=schema, params=accepted)
    mlflow.pyfunc.save_model(
        folder, python_model=Describe(), signature=signature, metadata=metadata, pip_requirements=["mlflow"]
    )
    return mlflow.pyfunc.load_model(str(folder))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loaded(tmp_path_factory.mktemp("models") / "mixed", MIXED)


def answer(scorer: Scorer, body: Any, content_type: str = JSON) -> Answer:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return next(iter(scorer.score([(text, content_type)])))[0]


def mlflows(model: Any, body: Any, content_type: str = JSON) -> Any:
    """MLflow's answer, or None where it refuses."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        result = scoring_server.invocations(text, content_type, model, model.metadata.get_input_schema())
    except MlflowException:
        return None
    return json.loads(result.response) if result.status == 200 else None


def rows(**changed: Any) -> list[dict[str, Any]]:
    return [ROW, {**ROW, **changed}]


def split(records: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    columns = list(reversed(records[0]))
    return {
        "dataframe_split": {"columns": columns, "data": [[row[name] for name in columns] for row in records]}
    } | more


FITTING: list[Any] = [
    {"dataframe_records": rows()},
    {"dataframe_records": rows(double=2, float=3, extra=1.0)},
    {"dataframe_records": [{**row, "extra": 4.5, "stranger": [1]} for row in rows()]},
    {"dataframe_records": rows(double=None, float=None, string=None)},
    {"dataframe_records": rows(double=10**17 + 1, float=16777217, long=2**62)},
    {"dataframe_records": rows(double=1e-320, string="Zürich \U0001f6eb")},
    split(rows(double=-0.0)),
    split(rows(), params={}),
    {"dataframe_split": {**split(rows())["dataframe_split"], "index": [5, 6]}},
    {"instances": rows()},
    {"inputs": {name: [value, value] for name, value in ROW.items()}},
    {"inputs": rows()},
]
WRONG: list[Any] = [
    {"dataframe_records": rows(long=None)},
    {"dataframe_records": rows(integer=2**40)},
    {"dataframe_records": rows(boolean=1)},
    {"dataframe_records": rows(string=5)},
    {"dataframe_records": rows(double="1.5")},
    {"dataframe_records": rows(double=[1.0])},
    {"dataframe_records": [{"double": 1.0}]},
    {"dataframe_records": ROW},
    {"dataframe_split": {"columns": list(ROW), "data": [[1.0]]}},
    {"dataframe_split": {"columns": list(ROW)}},
    {"instances": rows(), "inputs": {}},
    {"inputs": {"double": [1.0, 2.0]}},
    {"inputs": {**{name: [value] for name, value in ROW.items()}, "double": [1.0, 2.0]}},
    {"dataframe_records": rows(string="boom")},
    {"rows": rows()},
    [1, 2],
    b'{"dataframe_records": [',
    b"\xff\xfe",
    b"",
]


@pytest.mark.parametrize("body", FITTING, ids=str)
def test_what_fits_is_answered_as_mlflow_answers_it(model: Any, body: Any) -> None:
    expected = mlflows(model, body)
    found = answer(Scorer(model), body)
    assert expected is not None
    assert (found.status, json.loads(found.body)) == (200, expected)


@pytest.mark.parametrize("body", WRONG, ids=str)
def test_what_does_not_fit_is_refused_in_one_line(model: Any, body: Any) -> None:
    found = answer(Scorer(model), body)
    refusal = json.loads(found.body)
    assert (found.status, refusal["error_code"]) == (400, "BAD_REQUEST")
    assert refusal["message"] and "Traceback" not in refusal["message"] and "File " not in refusal["message"]


def test_the_short_way_is_taken_for_plain_requests_alone() -> None:
    reader = column_reader(MIXED)
    assert reader is not None
    taken = [reader.read(json.dumps(body).encode()) is not None for body in FITTING if isinstance(body, dict)]
    assert taken == [True, False, *[True] * 5, False, False, True, True, False]
    refused = [body for body in WRONG if isinstance(body, dict) and "boom" not in str(body)]
    assert not any(reader.read(json.dumps(body).encode()) for body in refused)


@pytest.mark.parametrize(
    "schema",
    [
        Schema([ColSpec(DataType.datetime, "at"), ColSpec(DataType.binary, "blob")]),
        Schema([TensorSpec(np.dtype("float64"), (-1, 2))]),
        Schema([ColSpec(DataType.double)]),
    ],
    ids=["times and bytes", "tensor", "no names"],
)
def test_other_signatures_are_left_to_mlflow(tmp_path: Path, schema: Schema) -> None:
    model = loaded(tmp_path / "m", schema)
    assert column_reader(schema) is None
    bodies: list[Any] = [
        {"dataframe_records": [{"at": "2013-01-02T03:04:05", "blob": "aGVsbG8="}]},
        {"inputs": [[1.0, 2.0], [3.0, 4.0]]},
        {"instances": [[1.0, 2.0]]},
        {"dataframe_split": {"data": [[1.5]]}},
    ]
    answered = [body for body in bodies if mlflows(model, body) is not None]
    assert answered
    for body in answered:
        assert json.loads(answer(Scorer(model), body).body) == mlflows(model, body)


def test_csv_and_parameters_are_mlflows(tmp_path: Path) -> None:
    model = loaded(tmp_path / "m", MIXED, params=True)
    scorer = Scorer(model)
    csv = pd.DataFrame(rows()).to_csv(index=False).encode()
    assert json.loads(answer(scorer, csv, "text/csv").body) == mlflows(model, csv, "text/csv") is not None
    for more in ({}, {"params": {"limit": 5}}):
        body = {"dataframe_records": rows(), **more}
        assert json.loads(answer(scorer, body).body) == mlflows(model, body)
    assert answer(scorer, {"dataframe_records": rows(), "params": {"limit": "many"}}).status == 400
    assert answer(scorer, b"<rows/>", "application/xml").status == 415


def test_requests_that_travel_together_are_answered_one_by_one(tmp_path: Path) -> None:
    model = loaded(tmp_path / "m", MIXED, metadata={ROWS_INDEPENDENT: True})
    alone = Scorer(model)
    bodies = [json.dumps(body).encode() if not isinstance(body, bytes) else body for body in [*FITTING, *WRONG]]
    expected = [answer(alone, body) for body in bodies]
    found = [one for portion in Scorer(model).score([(body, JSON) for body in bodies]) for one in portion]
    assert [(one.status, json.loads(one.body)) for one in found] == [
        (one.status, json.loads(one.body)) for one in expected
    ]


def test_columns_are_put_together_in_order() -> None:
    reader = column_reader(MIXED)
    assert reader is not None
    parts = [reader.read(json.dumps({"dataframe_records": rows(double=value)}).encode()) for value in (1.0, 2.0, 3.0)]
    whole = together([part for part in parts if part is not None])
    frames = [part.frame() for part in parts if part is not None]
    pd.testing.assert_frame_equal(whole.frame(), pd.concat(frames, ignore_index=True))
