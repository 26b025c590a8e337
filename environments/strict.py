"""What all settings share: models that refuse what they do not know, and the few kinds of text that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from environments.validation_errors import CrossCheck, CrossCheckError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="lower-case letters, digits and _")]
Fraction = Annotated[float, Field(gt=0, le=1)]
EMail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
Cron = Annotated[str, Field(pattern=r"^\S+( \S+){5,6}$", description="Quartz cron expression, UTC")]
Uuid = Annotated[
    str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="a UUID in lower-case digits")
]


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know: a typo must not silently become a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Settings of this model that do not fit each other."""
        return iter(())

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        checks = list(self.cross_checks())
        if checks:
            raise CrossCheckError(checks)
        return self
