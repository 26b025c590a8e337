"""Arguments of spark.sql(text, args), written into the text as literals.

Delta's SQL parser (4.3) drops the arguments that Spark 4.1 hands it (`parsePlanWithParameters`), so that Spark itself
would report every parameter as unbound.
"""

from __future__ import annotations

import datetime
import math
from typing import Any

import sqlglot
from sqlglot import TokenType
from sqlglot.errors import SqlglotError

from rehearsal.compute.gateway import literals
from rehearsal.compute.gateway.refusals import unparsable, unsupported

_EPOCH = datetime.date(1970, 1, 1)


def bind(sql: Any) -> None:
    """Replace the markers `:name` and `?` in a SQL relation by its arguments. Raises Refusal."""
    named = {name: literal(argument) for name, argument in sql.named_arguments.items()}
    positional = [literal(argument) for argument in sql.pos_arguments]
    if not named and not positional:
        return
    sql.query = written(sql.query, named, positional)
    sql.ClearField("named_arguments")
    sql.ClearField("pos_arguments")


def written(text: str, named: dict[str, str], positional: list[str]) -> str:
    """The text with literals in place of its markers. Raises Refusal."""
    try:
        tokens = sqlglot.tokenize(text, read="databricks")
    except SqlglotError as error:
        raise unparsable(f"The statement cannot be read: {error}") from error
    edits: list[tuple[int, int, str]] = []
    waiting = iter(positional)
    for position, token in enumerate(tokens):
        if token.token_type == TokenType.PLACEHOLDER and positional:
            given = next(waiting, None)
            if given is None:
                raise unparsable("There are more parameter markers than arguments.")
            edits.append((token.start, token.end + 1, given))
        elif token.token_type == TokenType.COLON and position + 1 < len(tokens):
            name = tokens[position + 1]
            # `column:field` reads a field of a JSON text; a marker has nothing attached on its left.
            attached = (
                position > 0 and tokens[position - 1].end + 1 == token.start and _is_operand(tokens[position - 1])
            )
            if name.text in named and name.start == token.end + 1 and not attached:
                edits.append((token.start, name.end + 1, named[name.text]))
    for start, end, given in reversed(edits):
        text = text[:start] + given + text[end:]
    return text


def _is_operand(token: sqlglot.Token) -> bool:
    return token.token_type in (TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.R_BRACKET)


def literal(expression: Any) -> str:
    """A literal of a plan as SQL text. Raises Refusal for a type that has none."""
    held = expression.literal
    kind = held.WhichOneof("literal_type") if expression.HasField("literal") else None
    value: Any = getattr(held, kind) if kind else None
    if kind == "null":
        return "NULL"
    if kind == "boolean":
        return literals.boolean(value)
    if kind in ("byte", "short", "integer"):
        return f"({value})"
    if kind == "long":
        return f"CAST('{value}' AS BIGINT)"
    if kind in ("float", "double") and math.isfinite(value):
        return f"CAST('{value!r}' AS {kind.upper()})"
    if kind == "string":
        return literals.text(value)
    if kind == "decimal":
        return f"CAST('{value.value}' AS DECIMAL({value.precision}, {value.scale}))"
    if kind == "date":
        return f"DATE'{_EPOCH + datetime.timedelta(days=value)}'"
    if kind == "timestamp":
        return f"TIMESTAMP_MICROS({value})"
    raise unsupported(f"An argument of type {kind or 'expression'} in spark.sql")
