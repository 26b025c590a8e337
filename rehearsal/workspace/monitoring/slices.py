"""Slicing expressions: the slice of each row, where the expression is simple enough to be told without Spark.

Simple is a column, and a comparison of columns with constants, also joined by AND, OR and NOT; all else is Spark's.
Nulls are as in SQL: what is unknown is a slice of its own. Of an expression with many values, the most frequent 100 are
slices: https://docs.databricks.com/api/workspace/qualitymonitors/create (slicing_exprs)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from rehearsal.workspace.monitoring import texts
from rehearsal.workspace.monitoring.groups import Dimension

MOST = 100
_COMPARED: dict[type[exp.Expr], Any] = {
    exp.EQ: pc.equal,
    exp.NEQ: pc.not_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
}
_ABOVE = (exp.GT, exp.GTE)


class NotSimple(Exception):
    """The expression is for Spark to evaluate."""


def evaluated(expression: str, rows: pa.Table) -> pa.ChunkedArray:
    """The expression's value for each row. Raises NotSimple."""
    try:
        tree = sqlglot.parse_one(expression, dialect="databricks")
    except SqlglotError as error:
        raise NotSimple(expression) from error
    value = _value(tree, rows)
    return value if isinstance(value, pa.ChunkedArray) else pa.chunked_array([value])


def dimension(values: pa.ChunkedArray) -> Dimension:
    """The slices that values make: all, or the most frequent of many. Raises NotSimple."""
    try:
        found = texts.coded(values)
    except texts.Unwritten as error:
        raise NotSimple(str(error)) from error
    if len(found.values) <= MOST:
        return found
    frequent = np.argsort(-np.bincount(found.codes, minlength=len(found.values)), kind="stable")[:MOST]
    renumbered = np.full(len(found.values), -1)
    renumbered[frequent] = np.arange(MOST)
    return Dimension(renumbered[found.codes], [found.values[code] for code in frequent])


def _value(tree: exp.Expr, rows: pa.Table) -> Any:
    if isinstance(tree, exp.Paren):
        return _value(tree.this, rows)
    if isinstance(tree, exp.Column):
        return _column(tree, rows)
    if isinstance(tree, exp.And):
        return pc.and_kleene(_truth(tree.this, rows), _truth(tree.expression, rows))
    if isinstance(tree, exp.Or):
        return pc.or_kleene(_truth(tree.this, rows), _truth(tree.expression, rows))
    if isinstance(tree, exp.Not):
        return pc.invert(_truth(tree.this, rows))
    if type(tree) in _COMPARED:
        return _comparison(tree, rows)
    raise NotSimple(tree.sql())


def _truth(tree: exp.Expr, rows: pa.Table) -> Any:
    value = _value(tree, rows)
    if not pa.types.is_boolean(value.type):
        raise NotSimple(tree.sql())
    return value


def _column(tree: exp.Column, rows: pa.Table) -> pa.ChunkedArray:
    found = [name for name in rows.column_names if name.lower() == tree.name.lower()]
    if len(found) != 1 or tree.table:
        raise NotSimple(tree.sql())
    return rows[found[0]]


def _comparison(tree: exp.Expr, rows: pa.Table) -> Any:
    """A column with a constant of its own kind; with others, Spark's rules of casting decide."""
    if not isinstance(tree.this, exp.Column):
        raise NotSimple(tree.sql())
    column, constant = _column(tree.this, rows), _constant(tree.expression)
    kind = column.type
    decoded = kind.value_type if pa.types.is_dictionary(kind) else kind
    fits = (
        (isinstance(constant, str) and pa.types.is_string(decoded))
        or (isinstance(constant, bool) and pa.types.is_boolean(decoded))
        or (type(constant) is int and pa.types.is_integer(decoded))
        or (type(constant) in (int, float) and pa.types.is_float64(decoded))
    )
    if not fits:
        raise NotSimple(tree.sql())
    if pa.types.is_dictionary(kind):
        column = column.cast(decoded)
    result = _COMPARED[type(tree)](column, pa.scalar(constant, decoded))
    if pa.types.is_floating(decoded) and isinstance(tree, _ABOVE):
        result = pc.or_kleene(result, pc.is_nan(column))  # in Spark, NaN is above every number
    return result


def _constant(tree: exp.Expr) -> str | bool | int | float:
    negative = isinstance(tree, exp.Neg)
    tree = tree.this if negative else tree
    if isinstance(tree, exp.Boolean) and not negative:
        return bool(tree.this)
    if not isinstance(tree, exp.Literal) or (tree.is_string and negative):
        raise NotSimple(tree.sql())
    if tree.is_string:
        return str(tree.this)
    number = float(tree.this) if any(mark in tree.this for mark in ".eE") else int(tree.this)
    return -number if negative else number
