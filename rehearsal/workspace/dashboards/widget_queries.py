"""The statement of a widget: what it takes of its dataset, as SQL. Pure functions of a dashboard's content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.workspace.dashboards.serialized import Dataset, Parameter, Query
from rehearsal.workspace.errors import invalid

# Types of parameters as dashboards name them → as statements do.
_TYPES = {"NUMBER": "DECIMAL(38,10)", "DECIMAL": "DECIMAL(38,10)", "INTEGER": "BIGINT", "DATETIME": "TIMESTAMP"}
Statement = dict[str, Any]


def statement(dataset: Dataset, query: Query, chosen: Mapping[str, str]) -> Statement:
    """`statement` and `parameters` of the statement execution API. Raises DatabricksError 400.

    Args:
        chosen: values of parameters by keyword; others have their defaults.
    """
    # The dataset stands on lines of its own, so that a comment at its end comments out nothing else.
    inner = f"(\n{dataset.sql.strip().rstrip(';')}\n) AS `{dataset.name}`"
    columns = ", ".join(f"{field.expression} AS {_quoted(field.name)}" for field in query.fields) or "*"
    where = " AND ".join(f"({condition.expression})" for condition in query.filters)
    text = f"SELECT {columns} FROM {inner}" + (f" WHERE {where}" if where else "")
    if query.fields and not query.disaggregated:
        text += " GROUP BY ALL"
    return {"statement": text, "parameters": [_parameter(parameter, chosen) for parameter in dataset.parameters]}


def _parameter(parameter: Parameter, chosen: Mapping[str, str]) -> dict[str, Any]:
    value = chosen.get(parameter.keyword)
    if value is None:
        value = _default(parameter)
    return {"name": parameter.keyword, "value": value, "type": _TYPES.get(parameter.dataType, parameter.dataType)}


def _default(parameter: Parameter) -> str | None:
    """The one value of the default selection, or null where there is none."""
    selection = parameter.defaultSelection
    if selection and "values" not in selection:
        raise invalid(f"Parameter '{parameter.keyword}': the rehearsal takes single values; found {sorted(selection)}.")
    values = (selection.get("values") or {}).get("values") or []
    if len(values) > 1:
        raise invalid(f"Parameter '{parameter.keyword}': the rehearsal takes single values; found {len(values)}.")
    return None if not values or values[0].get("value") is None else str(values[0]["value"])


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
