"""The model's own checks, from its package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pipelines.validation.checks import Check, Subject, tried


def own_checks(checks: Sequence[Callable[[Subject], Check]], subject: Subject) -> list[Check]:
    """Each of them; one that raises an error is a failed check of its function's name."""
    return [tried(check.__name__, "a check that runs", partial(check, subject)) for check in checks]
