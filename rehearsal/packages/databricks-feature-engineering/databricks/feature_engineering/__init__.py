"""Stands in for the package `databricks.feature_engineering` of Databricks Runtime, with its names and parameters."""

from databricks.feature_engineering.client import FeatureEngineeringClient
from databricks.feature_engineering.feature_function import FeatureFunction
from databricks.feature_engineering.feature_lookup import FeatureLookup
from databricks.feature_engineering.online_store import DatabricksOnlineStore
from databricks.feature_engineering.training_set import TrainingSet

__all__ = [
    "DatabricksOnlineStore",
    "FeatureEngineeringClient",
    "FeatureFunction",
    "FeatureLookup",
    "TrainingSet",
]
