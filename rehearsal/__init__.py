"""A local Azure Databricks, and the outside world around it."""
