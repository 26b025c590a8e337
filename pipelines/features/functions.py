"""On-demand features as Python functions of Unity Catalog, made from the functions of the model's package.

A function takes and returns single values. Its annotations say their types, its body becomes the function's text, and
so it uses nothing of its module: imports are inside it.
https://learn.microsoft.com/azure/databricks/machine-learning/feature-store/on-demand-features
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin, get_type_hints

from pipelines.errors import PipelineError

SQL_TYPES = {float: "DOUBLE", int: "BIGINT", str: "STRING", bool: "BOOLEAN"}
QUOTE = "$$"


def create_statement(full_name: str, comment: str, function: Callable[..., Any]) -> str:
    """The SQL that makes the function, or makes it anew. Raises PipelineError for types that have no counterpart."""
    hints = get_type_hints(function)
    parameters = ", ".join(
        f"{name} {_sql_type(function, name, hints)}" for name in inspect.signature(function).parameters
    )
    returned = _sql_type(function, "return", hints)
    spoken = comment.replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"CREATE OR REPLACE FUNCTION {full_name}({parameters}) RETURNS {returned} LANGUAGE PYTHON "
        f"COMMENT '{spoken}' AS {QUOTE}\n{_body(function)}\n{QUOTE}"
    )


def _sql_type(function: Callable[..., Any], name: str, hints: dict[str, Any]) -> str:
    hint = hints.get(name)
    if get_origin(hint) in (Union, types.UnionType):
        some = [kind for kind in get_args(hint) if kind is not types.NoneType]
        hint = some[0] if len(some) == 1 else hint
    if hint not in SQL_TYPES:
        expected = f"one of {', '.join(kind.__name__ for kind in SQL_TYPES)}, or that or None"
        raise PipelineError(f"function {function.__module__}.{function.__name__}, type of {name}", str(hint), expected)
    return SQL_TYPES[hint]


def _body(function: Callable[..., Any]) -> str:
    """The text below the function's head, without its docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    first = definition.body[1 if ast.get_docstring(definition) else 0]
    return textwrap.dedent("\n".join(source.splitlines()[first.lineno - 1 :]))
