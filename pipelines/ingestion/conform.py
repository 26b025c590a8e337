"""Making rows what a table contract says: types, nulls, rules of values, one row per key. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from environments.contracts import NUMBERS
from environments.settings import Column as ContractColumn
from environments.settings import TableContract
from pipelines.ingestion.files import FILE, MALFORMED, MODIFIED, ROW

BROKEN, REASONS = "_broken", "_reasons"


def conform(frame: DataFrame, contract: TableContract) -> DataFrame:
    """Cast every column to its type in the contract; file, time and text of the row stay along.

    BROKEN says of each row whether it breaks the contract, and REASONS why: which columns, what was found, what is
    expected; empty for none. Who asks only for the first does not pay for the second.
    """
    # In a step of their own, used more than once in the next: so Spark computes each value once.
    typed = frame.withColumns({_typed(name): _cast(name, column) for name, column in contract.columns.items()})
    malformed = F.col(MALFORMED).isNotNull()
    broken = {name: _is_broken(name, column) for name, column in contract.columns.items()}
    of_line = F.when(malformed, "line: found other fields, expected one for each column of the file")
    of_columns = [F.when(broken[name], _reason(name, column)) for name, column in contract.columns.items()]
    return typed.select(
        *[F.col(_typed(name)).alias(name) for name in contract.columns],
        *(FILE, MODIFIED, ROW),
        reduce(or_, broken.values(), malformed).alias(BROKEN),
        F.concat_ws("; ", of_line, *of_columns).alias(REASONS),
    )


def is_good() -> Column:
    """Is a conformed row one that keeps the contract."""
    return ~F.col(BROKEN)


def newest_per_key(conformed: DataFrame, contract: TableContract) -> DataFrame:
    """One good row per key: of the file changed last (of equals: last by name), so that what is sent again corrects.

    Bad rows are ranked behind, not left out before: Spark would try a filter on BROKEN with every combination of the
    columns that it is made of.
    """
    keys = contract.primary_key
    others = [name for name in contract.columns if name not in keys]
    by_file = [F.col(MODIFIED).desc(), F.col(FILE).desc()]
    order = [is_good().desc(), *by_file, *[F.col(name).desc_nulls_last() for name in others]]
    ranked = conformed.withColumn("_rank", F.row_number().over(Window.partitionBy(*keys).orderBy(*order)))
    return ranked.where((F.col("_rank") == 1) & is_good()).select(*contract.columns)


def _typed(name: str) -> str:
    return f"_typed_{name}"


def _cast(name: str, column: ContractColumn) -> Column:
    if column.type in ("int", "bigint"):  # files write whole numbers as 517.0 where a column has gaps; few columns do
        decimal = F.col(name).try_cast("decimal(38,6)")
        return F.coalesce(
            F.col(name).cast("string").try_cast(column.type),
            F.when(decimal == F.floor(decimal), decimal).try_cast(column.type),
        )
    value = F.col(name).try_cast(column.type)
    return F.nanvl(value, F.lit(None)) if column.type == "double" else value


def _is_broken(name: str, column: ContractColumn) -> Column:
    """Does the value of one column break the contract; never null."""
    value = F.col(_typed(name))
    ruled = value.isNull() | ~reduce(and_, _rules(value, column), F.lit(True))
    return F.when(_is_missing(name, column), F.lit(not column.nullable)).otherwise(ruled)


def _is_missing(name: str, column: ContractColumn) -> Column:
    """Did no value land, as NaN is none in a column of numbers; never null."""
    landed = F.col(name)
    if column.type in NUMBERS:
        return landed.isNull() | (F.col(_typed(name)).isNull() & F.isnan(landed.try_cast("double")))
    return landed.isNull()


def _reason(name: str, column: ContractColumn) -> Column:
    """What is told of a value that breaks the contract."""
    found = F.coalesce(F.concat(F.lit("'"), F.col(name).cast("string"), F.lit("'")), F.lit("nothing"))
    return F.concat(F.lit(f"column {name}: found "), found, F.lit(f", expected {column.expectation}"))


def _rules(value: Column, column: ContractColumn) -> Sequence[Column]:
    """What holds for a value that is not null."""
    rules = [F.abs(value) != float("inf")] if column.type == "double" else []
    rules += [value.isin(*column.allowed)] if column.allowed else []
    rules += [value >= column.minimum] if column.minimum is not None else []
    rules += [value <= column.maximum] if column.maximum is not None else []
    rules += [value.rlike(f"^(?:{column.pattern})$")] if column.pattern is not None else []
    return rules
