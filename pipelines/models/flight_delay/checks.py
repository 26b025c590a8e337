"""Checks of flight_delay's own, beside those of every model."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.validation.checks import Check, Subject

LEAST, MOST = 0.02, 0.6


def mean_in_reason(subject: Subject) -> Check:
    """Do the probabilities lie, on average, where the share of late flights has ever been."""
    mean = float(subject.scores.mean())
    expected = f"between {LEAST} and {MOST}, as the share of late flights always was"
    return Check("mean_probability", LEAST <= mean <= MOST, f"{mean:.3f}", expected)


CHECKS: tuple[Callable[[Subject], Check], ...] = (mean_in_reason,)
