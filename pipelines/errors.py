"""The one error of the pipelines: what is wrong, where, what was found and what is expected."""

from __future__ import annotations


class PipelineError(Exception):
    """Input that a stage refuses; its message is all that the user of a job has to read."""

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: found {found}, expected {expected}")
        self.where, self.found, self.expected = where, found, expected
