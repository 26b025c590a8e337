"""Making rows what a table contract says: types, nulls, one row per key, a sample of the keys. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from environments.settings import Column as ContractColumn
from environments.settings import TableContract
from pipelines.errors import PipelineError
from pipelines.ingestion.files import FILE

SAMPLE_BUCKETS = 10_000


def conform(frame: DataFrame, contract: TableContract) -> DataFrame:
    """Cast every column to its type in the contract; the file's name stays along."""
    return frame.select(*[_cast(name, column).alias(name) for name, column in contract.columns.items()], FILE)


def first_violation(frame: DataFrame, contract: TableContract, where: str) -> PipelineError | None:
    """The error to raise for the first value that is not of its type, or null where none may be; one pass."""
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
    return None


def newest_per_key(frame: DataFrame, keys: Sequence[str]) -> DataFrame:
    """One row per key: of the file last by name, so that a file sent again corrects an earlier one."""
    others = [column for column in frame.columns if column not in (*keys, FILE)]
    order = [F.col(FILE).desc(), *[F.col(name).desc_nulls_last() for name in others]]
    ranked = frame.withColumn("_rank", F.row_number().over(Window.partitionBy(*keys).orderBy(*order)))
    return ranked.where("_rank = 1").drop("_rank", FILE)


def thin(frame: DataFrame, keys: Sequence[str], fraction: float) -> DataFrame:
    """The same `fraction` of the keys whenever it is called: chosen by the key's hash."""
    if fraction >= 1:
        return frame
    return frame.where(F.pmod(F.xxhash64(*keys), F.lit(SAMPLE_BUCKETS)) < round(fraction * SAMPLE_BUCKETS))


def _cast(name: str, column: ContractColumn) -> Column:
    if column.type in ("int", "bigint"):  # files write whole numbers as 517.0 where a column has gaps
        decimal = F.col(name).try_cast("decimal(38,6)")
        return F.when(decimal == F.floor(decimal), decimal).try_cast(column.type)
    return F.col(name).try_cast(column.type)


def _is_wrong(name: str, column: ContractColumn) -> Column:
    unreadable = F.col(name).isNotNull() & _cast(name, column).isNull()
    return unreadable if column.nullable else unreadable | F.col(name).isNull()
