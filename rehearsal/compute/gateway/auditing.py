"""What plans did with tables, as Databricks audits it: compute asks Unity Catalog for access to each table.

https://learn.microsoft.com/azure/databricks/admin/account-settings/audit-logs, `generateTemporaryTableCredential`.
"""

from __future__ import annotations

import grpc

from rehearsal.compute.gateway.refusals import Refusal
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.audit import recording

_SERVICE, _ACTION = "unityCatalog", "generateTemporaryTableCredential"


def used(tables: Tables, session_id: str) -> None:
    """A plan may read and write these tables."""
    for name in sorted(tables.reads | tables.writes):
        operation = "READ_WRITE" if name in tables.writes else "READ"
        told = {"table_full_name": name, "operation": operation}
        recording.record(tables.platform, tables.principal, _SERVICE, _ACTION, told, session_id=session_id)


def refused(tables: Tables, error: Exception, session_id: str) -> None:
    """A plan was refused for what its principal lacks; other mistakes are nobody's concern."""
    if isinstance(error, Refusal) and error.code == grpc.StatusCode.PERMISSION_DENIED:
        recording.record(
            tables.platform, tables.principal, _SERVICE, _ACTION, {}, 403, error.message, session_id=session_id
        )
