"""In which environments things may be tried: those whose settings say that they are disposable."""

from __future__ import annotations

from delivery.errors import DeliveryError
from environments.settings import Environment


def require_disposable(environment: Environment) -> None:
    """Raises DeliveryError for any other."""
    if not environment.disposable:
        raise DeliveryError(
            f"environment {environment.name}", "disposable: false", "one that is there to try things in"
        )
