"""What is written for the model flight_delay: raw files, features, labels, predictions, metrics and checks."""

from pipelines.models.flight_delay.checks import CHECKS
from pipelines.models.flight_delay.features import FEATURES
from pipelines.models.flight_delay.metrics import METRICS
from pipelines.models.flight_delay.observations import labelled, observations, predictions
from pipelines.models.flight_delay.on_demand import ON_DEMAND
from pipelines.models.flight_delay.sources import RAW_COLUMNS, bronze

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
