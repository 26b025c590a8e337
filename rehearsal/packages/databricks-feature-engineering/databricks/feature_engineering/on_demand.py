"""Python functions of Unity Catalog, made callable: the same code computes a feature in Spark and in an endpoint.

https://learn.microsoft.com/azure/databricks/machine-learning/feature-store/on-demand-features
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_AS_TYPE: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("double", "float"), float),
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), int),
    "string": str,
    "boolean": bool,
}
_SPOKEN = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}


@dataclass(frozen=True)
class Definition:
    """A function as Unity Catalog holds it: parameters in order, Spark's name of the type it returns, Python's text."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    body: str

    def compiled(self) -> Callable[..., Any]:
        """The function; what it returns is of its type, and null stays null. Raises SyntaxError."""
        called = _compile(self)
        as_type = _AS_TYPE.get(self.returns)

        def call(*values: Any) -> Any:
            result = called(*values)
            return result if result is None or as_type is None else as_type(result)

        return call


def definition(info: Any) -> Definition:
    """From databricks-sdk's FunctionInfo. Raises ValueError for a function that is not Python's."""
    name = f"{info.catalog_name}.{info.schema_name}.{info.name}".lower()
    if str(info.external_language or "").upper() != "PYTHON":
        raise ValueError(f"Function '{name}' is not a Python UDF; a FeatureFunction needs one.")
    parameters = info.input_params.parameters if info.input_params else None
    ordered = sorted(parameters or [], key=lambda parameter: parameter.position)
    returns = (info.full_data_type or info.data_type.value).lower()
    return Definition(
        name,
        tuple(parameter.name for parameter in ordered),
        _SPOKEN.get(returns, returns),
        info.routine_definition,
    )


def _compile(function: Definition) -> Callable[..., Any]:
    # The body is a tree before it becomes a function: indenting its text would change texts that it holds.
    tree = ast.parse("def feature(): pass")
    made = tree.body[0]
    assert isinstance(made, ast.FunctionDef)
    made.args.args = [ast.arg(name) for name in function.parameters]
    made.body = ast.parse(textwrap.dedent(function.body).strip("\n")).body
    names: dict[str, Any] = {"__name__": function.name}
    exec(compile(ast.fix_missing_locations(tree), f"<function {function.name}>", "exec"), names)
    compiled: Callable[..., Any] = names["feature"]
    return compiled
