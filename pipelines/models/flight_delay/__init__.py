"""What is written for the model flight_delay: raw files, features, labels, predictions."""

from pipelines.models.flight_delay.features import FEATURES
from pipelines.models.flight_delay.observations import labelled, observations, predictions
from pipelines.models.flight_delay.sources import RAW_COLUMNS, bronze

__all__ = ["FEATURES", "RAW_COLUMNS", "bronze", "labelled", "observations", "predictions"]
