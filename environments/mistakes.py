"""Mistakes in settings, each told in one line: file, line, key, what was found, what is expected."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EXIT_STATUS = 2


@dataclass(frozen=True)
class Mistake:
    """One thing to mend in a settings file; `line` is None when the whole file is meant."""

    file: Path
    line: int | None
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = [shown(self.file)]
        if self.line is not None:
            place.append(f"line {self.line}")
        if self.key:
            place.append(f"key {self.key}")
        return f"{', '.join(place)}: found {self.found}; expected {self.expected}"


class SettingsError(Exception):
    """The settings cannot be used. `str()` of it is the message for people: one line for each mistake."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = list(mistakes)


def shown(file: Path) -> str:
    """The path as a person in the current folder would type it."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


@contextmanager
def exit_on_mistakes() -> Iterator[None]:
    """For entry points: tell mistakes in settings on standard error and end with status 2, without a traceback.

    Works as `with exit_on_mistakes():` and as a decorator, `@exit_on_mistakes()`.
    """
    try:
        yield
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_STATUS)
