"""A part of a table's rows, chosen by a hash of their key. A pure function."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

BUCKETS = 1_000_000


def thin(frame: DataFrame, keys: Sequence[str], fraction: float, purpose: str | int) -> DataFrame:
    """The same `fraction` of the keys whenever it is called for the same purpose.

    For another purpose it is another part: a sample of what is a sample already has the share that it asks for.
    """
    return frame if fraction >= 1 else frame.where(is_sampled(keys, fraction, purpose))


def is_sampled(keys: Sequence[str], fraction: float, purpose: str | int) -> Column:
    """Is a row's key in the part that `thin` takes."""
    return F.pmod(F.xxhash64(*keys, F.lit(purpose)), F.lit(BUCKETS)) < round(fraction * BUCKETS)
