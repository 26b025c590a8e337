"""What became of each file's rows, counted so that every landed row is in one of the counts."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from environments.settings import TableContract
from pipelines.errors import PipelineError
from pipelines.ingestion.conform import REASONS, is_good
from pipelines.ingestion.files import FILE, MODIFIED
from pipelines.sampling import is_sampled


@dataclass(frozen=True)
class Tally:
    """A file's rows: landed = ingested + quarantined + sampled_away + repeated."""

    landed: int = 0
    ingested: int = 0
    quarantined: int = 0
    sampled_away: int = 0
    repeated: int = 0


def tallies(conformed: DataFrame, contract: TableContract, fraction: float, purpose: str) -> dict[str, Tally]:
    """The tally of each file with rows, by the file's name; one pass.

    Of the good rows of a key, that of the file changed last is ingested, as `newest_per_key` chooses it.
    """
    keys, good = contract.primary_key, is_good()
    sampled = is_sampled(keys, fraction, purpose) if fraction < 1 else F.lit(True)
    by_key = conformed.groupBy(*keys, FILE, MODIFIED).agg(
        F.count("*").alias("landed"),
        F.count_if(~good).alias("bad"),
        F.count_if(good & ~sampled).alias("away"),
        F.count_if(good & sampled).alias("kept"),
    )
    file = F.struct(MODIFIED, FILE)
    last = F.max(F.when(F.col("kept") > 0, file)).over(Window.partitionBy(*keys))
    files = (
        by_key.withColumn("wins", (F.col("kept") > 0) & (file == last))
        .groupBy(FILE)
        .agg(
            *[F.sum(name).alias(name) for name in ("landed", "bad", "away", "kept")],
            F.count_if("wins").alias("ingested"),
        )
    )
    return {
        row[FILE]: Tally(
            landed=row["landed"],
            ingested=row["ingested"],
            quarantined=row["bad"],
            sampled_away=row["away"],
            repeated=row["kept"] - row["ingested"],
        )
        for row in files.collect()
    }


def refuse_bad_files(found: dict[str, Tally], conformed: DataFrame, share: float, folder: str) -> None:
    """Raise PipelineError for the first file of which a greater share of rows than that breaks the contract."""
    for name, tally in sorted(found.items()):
        if tally.quarantined > share * tally.landed:
            reasons = conformed.where(~is_good() & (F.col(FILE) == name)).agg(F.min(REASONS)).collect()[0][0]
            raise PipelineError(
                f"file {folder}/{name}",
                f"{tally.quarantined} of {tally.landed} rows that break the contract, such as: {reasons}",
                f"at most {share:.0%} of them",
            )
