"""A served model with its look-ups: from rows as a caller sends them to the rows that the model was trained on.

Values are the same as those of `score_batch`: what is not found is null, or the look-up's default; functions see what
was looked up, before defaults; what the caller sends goes before what would be looked up or computed.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import databricks
import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import Model
from mlflow.pyfunc import PyFuncModel

from rehearsal.packages import FEATURE_ENGINEERING
from rehearsal.workspace.online_store.lookups import OnlineTable
from rehearsal.workspace.serving.feature_handover import DATA

# The spec's format and the functions are the same in a task and here.
databricks.__path__ = pkgutil.extend_path([str(FEATURE_ENGINEERING / "databricks"), *databricks.__path__], "databricks")

# The package's own path is seen from here on.
from databricks.feature_engineering import feature_spec, on_demand  # noqa: E402
from databricks.sdk.service.catalog import FunctionInfo  # noqa: E402

_INTEGERS = {"tinyint": np.int8, "smallint": np.int16, "int": np.int32, "bigint": np.int64}
_FLOATS = {"float": np.float32, "double": np.float64}
Values = dict[str, list[Any]]


def load(folder: Path, handed: dict[str, Any]) -> PyFuncModel:
    """The model of a folder with its look-ups."""
    raw = mlflow.pyfunc.load_model(str(folder / DATA / "raw_model"))
    return PyFuncModel(Model.load(str(folder)), FeatureModel(raw, folder / DATA, handed))


class FeatureModel:
    """What MLflow calls as the model.

    Args:
        raw: the model as it was trained.
        data: the folder of its feature spec.
        handed: what the workspace handed over: how to read the tables, and the functions.
    """

    def __init__(self, raw: PyFuncModel, data: Path, handed: dict[str, Any]) -> None:
        self._raw = raw
        spec = feature_spec.load(data)
        self._inputs = spec.inputs
        self._tables = {table["source"]: OnlineTable(**table) for table in handed["tables"]}
        self._looked_up = spec.of(feature_spec.LOOKED_UP)
        self._computed = spec.of(feature_spec.COMPUTED)
        self._defaults = {column.name: feature_spec.default(column) for column in self._looked_up}
        infos = [FunctionInfo.from_dict(function) for function in handed["functions"]]
        definitions = {made.name: made for made in map(on_demand.definition, infos)}
        self._parameters = {name: made.parameters for name, made in definitions.items()}
        self._functions: dict[str, Callable[..., Any]] = {name: made.compiled() for name, made in definitions.items()}

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """The model's predictions. Raises LookupFailed where the online store does not answer."""
        values = {str(name): _plain(frame[name]) for name in frame.columns}
        self._look_up(values, len(frame))
        for column in self._computed:
            if column.name not in values:
                bound = [values[column.input_bindings[name]] for name in self._parameters[column.udf_name]]
                rows = zip(*bound, strict=True) if bound else ((),) * len(frame)
                values[column.name] = [self._functions[column.udf_name](*row) for row in rows]
        for name, default in self._defaults.items():
            if default is not None:
                values[name] = [default if value is None else value for value in values[name]]
        given = pd.DataFrame({column.name: _typed(values[column.name], column.data_type) for column in self._inputs})
        return self._raw.predict(given, params) if params else self._raw.predict(given)

    def _look_up(self, values: Values, count: int) -> None:
        """One query for each table and key, for all rows together."""
        lacking = [column for column in self._looked_up if column.name not in values]
        groups = dict.fromkeys((column.table_name, column.lookup_key) for column in lacking)
        for table, key in groups:
            together = [column for column in lacking if (column.table_name, column.lookup_key) == (table, key)]
            keys = list(zip(*(values[name] for name in key), strict=True))
            found = self._tables[table].rows(keys, [column.feature_name for column in together]) if count else []
            for place, column in enumerate(together):
                values[column.name] = [None if row is None else row[place] for row in found]


def _plain(column: pd.Series) -> list[Any]:
    """Python's values; a missing one is None."""
    values: list[Any] = column.tolist()
    if not column.isna().any():
        return values
    return [None if missing else value for value, missing in zip(values, column.isna(), strict=True)]


def _typed(values: list[Any], kind: str | None) -> Any:
    """A column as Spark gives it to a model: whole numbers with a null among them are doubles."""
    if kind in _FLOATS:
        return np.array(values, dtype=_FLOATS[kind])  # None becomes NaN
    if kind in _INTEGERS:
        return np.array(values, dtype=np.float64 if None in values else _INTEGERS[kind])
    if kind == "boolean" and None not in values:
        return np.array(values, dtype=np.bool_)
    if kind in ("timestamp", "timestamp_ntz"):
        return pd.Series(pd.to_datetime([_utc(value) for value in values])).astype("datetime64[ns]")
    result = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        result[place] = np.array(value) if isinstance(value, list) else value
    return result


def _utc(value: Any) -> Any:
    """A moment without zone, in UTC."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value
