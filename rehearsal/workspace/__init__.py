"""A local Azure Databricks: the account and three workspaces over one Unity Catalog, durable in SQLite."""
