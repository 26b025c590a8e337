"""Settings of a model's validation: what a version must show before it may challenge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from environments.strict import Name, NonEmpty, Strict, TagKey, TagValue
from environments.validation_errors import CrossCheck


class Fairness(Strict):
    """The model errs alike in all groups: the values of a feature, or of another column of the observations."""

    column: Name = Field(description="column whose values are the groups")
    max_difference: Annotated[float, Field(gt=0)] = Field(
        description=(
            "greatest difference between two groups: of the true positive rate (binary), or of the mean error as a "
            "share of the label's standard deviation (regression)"
        )
    )
    min_rows: Annotated[int, Field(ge=1)] = Field(default=500, description="rows that a group must have to be judged")


class Validation(Strict):
    """What a model version must show before it may challenge."""

    metric: Name = Field(description="metric by which it is judged")
    threshold: float = Field(description="worst value on all held-out rows that passes")
    slices: list[Name] = Field(description="features by whose values the rows are judged apart, too")
    slice_threshold: float = Field(description="worst value on a slice that passes")
    slice_min_rows: Annotated[int, Field(ge=1)] = Field(description="rows that a slice must have to be judged")
    fairness: list[Fairness] = Field(default=[], description="groups between which errors may differ by so much only")
    max_latency_ms: Annotated[float, Field(gt=0)] = Field(
        default=100.0, description="longest time to predict one row, 95th percentile, milliseconds"
    )
    missing_threshold: float | None = Field(
        default=None, description="worst value that passes when no feature could be looked up; not judged without it"
    )
    required_tags: list[TagKey] = Field(description="tags that a model version must bear")
    allowed_tag_values: dict[TagKey, list[TagValue]] = Field(
        default={}, description="compliance: values that a tag may have"
    )
    required_documents: list[NonEmpty] = Field(
        default=[], description="compliance: artifacts that the version's run must have, such as model_card.md"
    )

    def cross_checks(self) -> Iterator[CrossCheck]:
        """Tags whose values are limited are required."""
        for tag in self.allowed_tag_values:
            if tag not in self.required_tags:
                expected = f"one of the required tags: {', '.join(self.required_tags)}"
                yield CrossCheck(("allowed_tag_values", tag), repr(tag), expected)
