"""Making rows what a table contract says: types, nulls, one row per key. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from environments.settings import Column as ContractColumn
from environments.settings import TableContract
from pipelines.errors import PipelineError
from pipelines.ingestion.files import FILE, MODIFIED


def conform(frame: DataFrame, contract: TableContract) -> DataFrame:
    """Cast every column to its type in the contract; the file's name and time stay along."""
    columns = [_cast(name, column).alias(name) for name, column in contract.columns.items()]
    return frame.select(*columns, FILE, MODIFIED)


def rows_by_file(frame: DataFrame, contract: TableContract, where: str) -> dict[str, int]:
    """How many rows each file has, by its name; one pass. Raises PipelineError when a value breaks the contract."""
    wrong = reduce(or_, [_is_wrong(name, column) for name, column in contract.columns.items()])
    files = frame.groupBy(FILE).agg(F.count("*").alias("rows"), F.count_if(wrong).alias("wrong")).collect()
    if any(file["wrong"] for file in files):
        raise _first_violation(frame, contract, where)
    return {file[FILE]: file["rows"] for file in files}


def _first_violation(frame: DataFrame, contract: TableContract, where: str) -> PipelineError:
    """The first value, by file, that is not of its column's type, or null where none may be."""
    wrong = [(name, column, _is_wrong(name, column)) for name, column in contract.columns.items()]
    sample = F.struct(FILE, *[F.col(name).cast("string").alias(name) for name in contract.columns])
    counts = [F.count_if(condition).alias(f"count_{name}") for name, _, condition in wrong]
    firsts = [F.min(F.when(condition, sample)).alias(f"first_{name}") for name, _, condition in wrong]
    row = frame.agg(*counts, *firsts).collect()[0]
    for name, column, _ in wrong:
        if row[f"count_{name}"]:
            first = row[f"first_{name}"]
            found = "nothing" if first[name] is None else repr(first[name])
            expected = f"a value of type {column.type}{'' if column.nullable else ', never null'}"
            return PipelineError(
                f"file {where}/{first[FILE]}, column {name} ({row[f'count_{name}']} rows)", found, expected
            )
    raise AssertionError(f"no value of {where} breaks the contract any more: a file changed while it was read")


def newest_per_key(frame: DataFrame, keys: Sequence[str]) -> DataFrame:
    """One row per key: of the file changed last (of equals: last by name), so that what is sent again corrects."""
    others = [column for column in frame.columns if column not in (*keys, FILE, MODIFIED)]
    order = [F.col(MODIFIED).desc(), F.col(FILE).desc(), *[F.col(name).desc_nulls_last() for name in others]]
    ranked = frame.withColumn("_rank", F.row_number().over(Window.partitionBy(*keys).orderBy(*order)))
    return ranked.where("_rank = 1").drop("_rank", FILE, MODIFIED)


def _cast(name: str, column: ContractColumn) -> Column:
    if column.type in ("int", "bigint"):  # files write whole numbers as 517.0 where a column has gaps
        decimal = F.col(name).try_cast("decimal(38,6)")
        return F.when(decimal == F.floor(decimal), decimal).try_cast(column.type)
    return F.col(name).try_cast(column.type)


def _is_wrong(name: str, column: ContractColumn) -> Column:
    unreadable = F.col(name).isNotNull() & _cast(name, column).isNull()
    return unreadable if column.nullable else unreadable | F.col(name).isNull()
