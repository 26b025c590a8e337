"""Columns of the system tables, in Databricks' names and types.

https://learn.microsoft.com/azure/databricks/admin/system-tables/audit-logs
https://learn.microsoft.com/azure/databricks/admin/system-tables/lineage
"""

from __future__ import annotations

from rehearsal.workspace.unity_catalog.service_tables import delta_schema, struct

CATALOG, SCHEMA = "system", "access"
AUDIT = f"{CATALOG}.{SCHEMA}.audit"
TABLE_LINEAGE = f"{CATALOG}.{SCHEMA}.table_lineage"

AUDIT_COLUMNS = delta_schema(
    {
        "version": "string",
        "event_time": "timestamp",
        "event_date": "date",
        "workspace_id": "string",
        "source_ip_address": "string",
        "user_agent": "string",
        "session_id": "string",
        "user_identity": struct({"email": "string", "subject_name": "string"}),
        "service_name": "string",
        "action_name": "string",
        "request_id": "string",
        "request_params": {"type": "map", "keyType": "string", "valueType": "string", "valueContainsNull": True},
        "response": struct({"status_code": "integer", "error_message": "string", "result": "string"}),
        "audit_level": "string",
        "account_id": "string",
        "event_id": "string",
        "identity_metadata": struct({"run_by": "string", "run_as": "string"}),
    }
)
LINEAGE_COLUMNS = delta_schema(
    {
        "account_id": "string",
        "metastore_id": "string",
        "workspace_id": "string",
        "entity_type": "string",
        "entity_id": "string",
        "entity_run_id": "string",
        "source_table_full_name": "string",
        "source_table_catalog": "string",
        "source_table_schema": "string",
        "source_table_name": "string",
        "source_path": "string",
        "source_type": "string",
        "target_table_full_name": "string",
        "target_table_catalog": "string",
        "target_table_schema": "string",
        "target_table_name": "string",
        "target_path": "string",
        "target_type": "string",
        "created_by": "string",
        "event_time": "timestamp",
        "event_date": "date",
        "record_id": "string",
        "event_id": "string",
        "statement_id": "string",
        "entity_metadata": struct(
            {"job_info": struct({"job_id": "string", "job_run_id": "string"}), "notebook_id": "string"}
        ),
    }
)
