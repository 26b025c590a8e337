"""Writes that meet another's: they are tried again, which is safe for those that a repetition does not change.

A task that died may have left its query running, and the repeated task writes the same rows: Delta lets one of the two
commit and refuses the other. The conflicts: https://docs.delta.io/latest/concurrency-control.html
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TypeVar

import tenacity
from pyspark.errors import PySparkException

T = TypeVar("T")
log = logging.getLogger(__name__)
ATTEMPTS = 5
_CONFLICT = re.compile(r"DELTA_(CONCURRENT_\w+|METADATA_CHANGED|PROTOCOL_CHANGED)|Concurrent\w+Exception")


def despite_conflicts(write: Callable[[], T]) -> T:
    """What an idempotent write returns, tried again on its table's new version when another's commit came first.

    Raises PySparkException when that happens time after time, or for any other reason.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_conflict),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=1, max=20),
        before_sleep=lambda state: log.info("another write came first, trying again (%d)", state.attempt_number),
        reraise=True,
    )
    return retrying(write)


def _is_conflict(error: BaseException) -> bool:
    return isinstance(error, PySparkException) and _CONFLICT.search(str(error)) is not None
