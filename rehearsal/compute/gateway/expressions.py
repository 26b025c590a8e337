"""Expressions of a plan as SQL text, for statements that have no message in Spark Connect."""

from __future__ import annotations

from typing import Any

from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

from rehearsal.compute.gateway import names, parameters
from rehearsal.compute.gateway.refusals import unsupported


def written(expression: Any) -> str:
    """The expression as text that Spark reads as the same. Raises Refusal for what has no text."""
    kind = expression.WhichOneof("expr_type")
    if kind == "expression_string":
        return f"({expression.expression_string.expression}\n)" if _is_more(expression) else _text(expression)
    if kind == "unresolved_attribute":
        attribute = expression.unresolved_attribute
        if attribute.HasField("plan_id"):
            raise unsupported("A column of a data frame (frame.column); use an alias, col('alias.column'),")
        return names.spoken(names.split(attribute.unparsed_identifier))
    if kind == "literal":
        return parameters.literal(expression)
    if kind == "unresolved_function":
        call = expression.unresolved_function
        # Spark's operators are functions by their signs: `==`(a, b).
        distinct = "DISTINCT " if call.is_distinct else ""
        return f"{names.quoted(call.function_name)}({distinct}{', '.join(map(written, call.arguments))})"
    if kind == "cast":
        cast = expression.cast
        wanted = cast.type_str or proto_schema_to_pyspark_data_type(cast.type).simpleString()
        return f"CAST({written(cast.expr)} AS {wanted})"
    if kind == "alias":
        return written(expression.alias.expr)
    raise unsupported(f"An expression of kind {kind} in a change of a DeltaTable")


def _is_more(expression: Any) -> bool:
    """Is the text more than a name? The left of an assignment is one, and takes no parentheses."""
    return not all(part.isidentifier() for part in expression.expression_string.expression.split("."))


def _text(expression: Any) -> str:
    return str(expression.expression_string.expression)
