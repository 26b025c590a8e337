"""What all settings share: models that refuse what they do not know, and the few kinds of text that they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from environments import quartz
from environments.validation_errors import CrossCheck, CrossCheckError


@dataclass(frozen=True)
class Text:
    """Marks a text that must be of a kind: `meaning` says which, in mistakes and in the reference of settings."""

    meaning: str
    pattern: str = ".+"
    expectation: Callable[[str], str | None] | None = None
    """Where a pattern does not do: what is expected instead of a text, None when it is right."""

    def check(self, text: str) -> str:
        """The text, as it is. Raises CrossCheckError."""
        expected = None if re.fullmatch(self.pattern, text) else self.meaning
        if expected is None and self.expectation:
            expected = self.expectation(text)
        if expected:
            raise CrossCheckError([CrossCheck((), repr(text), expected)])
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))


EnvironmentName = Literal["dev", "staging", "prod"]
NonEmpty = Annotated[str, Text("text that is not empty")]
Name = Annotated[str, Text("1 to 63 lower-case letters, digits and _, a letter first", pattern=r"[a-z][a-z0-9_]{0,62}")]
EMail = Annotated[str, Text("an e-mail address", pattern=r"[^@\s]+@[^@\s]+\.[^@\s.]+")]
Cron = Annotated[str, Text("a Quartz cron expression, UTC", expectation=quartz.expectation)]
Uuid = Annotated[str, Text("a UUID in lower-case digits", pattern=r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
Fraction = Annotated[float, Field(gt=0, le=1)]
# What jobs, clusters and Azure all take.
TagKey = Annotated[
    str, Text("1 to 63 letters, digits, _ and -, a letter first", pattern=r"[A-Za-z][A-Za-z0-9_-]{0,62}")
]
TagValue = Annotated[str, Text("1 to 255 characters, none of < > % & \\ ?", pattern=r"[^<>%&\\?\n]{1,255}")]
Tags = dict[TagKey, TagValue]


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know: a typo must not silently become a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Settings of this model that do not fit each other."""
        return iter(())

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        checks = list(self.cross_checks())
        if checks:
            raise CrossCheckError(checks)
        return self


def again(path: str, values: list[str]) -> Iterator[CrossCheck]:
    """The values of a list that are there already."""
    for index, value in enumerate(values):
        if value in values[:index]:
            yield CrossCheck((path, index), f"{value!r} again", "each value once")
