"""What audit says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Audit",
    summary="Every answered request is a row of `system.access.audit`, written before its answer leaves.",
    works=(
        "who, when, from where, in which workspace, which service and action, with which parameters, and how it ended",
        "requests that were refused, and those without a valid token, are there as well",
        "Databricks' columns; actions in Databricks' spelling (`getTable`, `createCatalog`, `generateDbToken`)",
        "tokens, secrets, passwords and signed addresses are replaced by REDACTED, by name of field and by their looks",
        "what was answered is in the table even when the workspace is killed right after",
    ),
    differs=(
        "the table is some seconds behind, not minutes, and nothing is removed after a year",
        "an action that Databricks does not name is called after the function that answers it",
        "parameters are those of the request; Databricks shows other ones for some actions",
        "requests for predictions are not audited (as on Databricks): the endpoint's inference table has them",
    ),
    refused=("diagnostic settings that deliver audit logs to Azure Monitor or to storage",),
)
