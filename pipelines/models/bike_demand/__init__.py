"""What is written for the model bike_demand: raw files, features, labels, predictions and metrics."""

from collections.abc import Callable

from pipelines.models.bike_demand.features import FEATURES
from pipelines.models.bike_demand.metrics import METRICS
from pipelines.models.bike_demand.observations import labelled, observations, predictions
from pipelines.models.bike_demand.on_demand import ON_DEMAND
from pipelines.models.bike_demand.sources import RAW_COLUMNS, bronze
from pipelines.validation.checks import Check, Subject

CHECKS: tuple[Callable[[Subject], Check], ...] = ()

__all__ = [
    "CHECKS",
    "FEATURES",
    "METRICS",
    "ON_DEMAND",
    "RAW_COLUMNS",
    "bronze",
    "labelled",
    "observations",
    "predictions",
]
