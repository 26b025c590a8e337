"""Online feature stores: real PostgreSQL databases that feature tables are published to and endpoints look up in.

On Databricks these are Lakebase, which is PostgreSQL, too:
https://learn.microsoft.com/azure/databricks/machine-learning/feature-store/online-feature-store
"""
