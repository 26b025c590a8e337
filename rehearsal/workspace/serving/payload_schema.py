"""Columns of an inference table, in Databricks' names and types.

https://learn.microsoft.com/azure/databricks/ai-gateway/inference-tables
"""

from __future__ import annotations

from rehearsal.workspace.unity_catalog.service_tables import array, delta_schema

SCHEMA = delta_schema(
    {
        "request_date": "date",
        "databricks_request_id": "string",
        "client_request_id": "string",
        "request_time": "timestamp",
        "status_code": "integer",
        "sampling_fraction": "double",
        "execution_duration_ms": "long",
        "request": "string",
        "response": "string",
        "served_entity_id": "string",
        "logging_error_codes": array("string"),
        "requester": "string",
    }
)
