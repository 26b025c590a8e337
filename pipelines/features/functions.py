"""On-demand features as Python functions of Unity Catalog, made from the functions of the model's package.

A function takes and returns single values. Its annotations say their types, its body becomes the function's text, and
so it uses nothing of its module: imports are inside it. Its name ends with a digest of its text, so that a function
never changes under the model versions that were trained with it: other code is another function.
https://learn.microsoft.com/azure/databricks/machine-learning/feature-store/on-demand-features
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
import types
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin, get_type_hints

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import (
    ColumnTypeName,
    CreateFunction,
    CreateFunctionParameterStyle,
    CreateFunctionRoutineBody,
    CreateFunctionSecurityType,
    CreateFunctionSqlDataAccess,
    FunctionParameterInfo,
    FunctionParameterInfos,
)

from pipelines.errors import PipelineError

TYPES: dict[Any, tuple[str, ColumnTypeName]] = {
    float: ("double", ColumnTypeName.DOUBLE),
    int: ("bigint", ColumnTypeName.LONG),
    str: ("string", ColumnTypeName.STRING),
    bool: ("boolean", ColumnTypeName.BOOLEAN),
}
DIGITS = 8


def ensure(workspace: WorkspaceClient, schema: str, feature: str, comment: str, function: Callable[..., Any]) -> str:
    """Make the function in the schema (catalog.schema) unless it is there; its full name."""
    name = f"{schema}.{name_of(feature, function)}"
    try:
        workspace.functions.get(name)
    except NotFound:
        workspace.functions.create(definition(schema, feature, comment, function))
    return name


def name_of(feature: str, function: Callable[..., Any]) -> str:
    """The function's name without its schema. Raises PipelineError for types that have no counterpart."""
    text = f"{_parameters(function)} {_type(function, 'return')} {_body(function)}"
    return f"{feature}_{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"


def definition(schema: str, feature: str, comment: str, function: Callable[..., Any]) -> CreateFunction:
    """What Unity Catalog is told. Raises PipelineError for types that have no counterpart."""
    parameters = [
        FunctionParameterInfo(name=name, type_text=text, type_name=kind, position=place)
        for place, (name, (text, kind)) in enumerate(_parameters(function).items())
    ]
    returned, returned_kind = _type(function, "return")
    name = name_of(feature, function)
    catalog, own_schema = schema.split(".")
    return CreateFunction(
        name=name,
        catalog_name=catalog,
        schema_name=own_schema,
        input_params=FunctionParameterInfos(parameters),
        data_type=returned_kind,
        full_data_type=returned.upper(),
        routine_body=CreateFunctionRoutineBody.EXTERNAL,
        routine_definition=_body(function),
        external_language="PYTHON",
        parameter_style=CreateFunctionParameterStyle.S,
        is_deterministic=True,
        sql_data_access=CreateFunctionSqlDataAccess.NO_SQL,
        is_null_call=True,
        security_type=CreateFunctionSecurityType.DEFINER,
        specific_name=name,
        comment=comment,
    )


def _parameters(function: Callable[..., Any]) -> dict[str, tuple[str, ColumnTypeName]]:
    return {name: _type(function, name) for name in inspect.signature(function).parameters}


def _type(function: Callable[..., Any], name: str) -> tuple[str, ColumnTypeName]:
    hint = get_type_hints(function).get(name)
    if get_origin(hint) in (Union, types.UnionType):
        some = [kind for kind in get_args(hint) if kind is not types.NoneType]
        hint = some[0] if len(some) == 1 else hint
    if hint not in TYPES:
        expected = f"one of {', '.join(kind.__name__ for kind in TYPES)}, or that or None"
        raise PipelineError(f"function {function.__module__}.{function.__name__}, type of {name}", str(hint), expected)
    return TYPES[hint]


def _body(function: Callable[..., Any]) -> str:
    """The text below the function's head, without its docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    found = ast.parse(source).body[0]
    assert isinstance(found, ast.FunctionDef)
    first = found.body[1 if ast.get_docstring(found) else 0]
    return textwrap.dedent("\n".join(source.splitlines()[first.lineno - 1 :]))
