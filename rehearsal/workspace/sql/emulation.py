"""What the page "What is emulated" says of Databricks SQL."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Databricks SQL",
    summary="Warehouses, the statement execution API, saved queries, query history and alerts.",
    works=(
        "Warehouses with settings, states and permissions; a statement starts a stopped one.",
        "Statements run as their caller through the workspace's gateway: grants hold as everywhere.",
        "Dispositions INLINE (up to 25 MiB) and EXTERNAL_LINKS; formats JSON_ARRAY, CSV and ARROW_STREAM; chunks of "
        "100,000 rows; links are signed, of one chunk, end after 15 minutes and are used without a token.",
        "row_limit, byte_limit, wait_timeout, on_wait_timeout, cancellation, named parameters with types.",
        "Results are on disk for twelve hours and outlive the workspace's death; a statement that ran then has FAILED.",
        "Saved queries with permissions, trash and update masks.",
        "Query history with filters and pages: one's own, and all of a warehouse that one may view, monitor or manage; "
        "to use it is not enough.",
        "Alerts (version 2): operators, aggregations, empty results, run-as, parameters, templates, word on change, "
        "again after a time and when all is well; ERROR where the query fails.",
    ),
    differs=(
        "All warehouses share one Spark: size and type are kept and change nothing; they start at once.",
        "The history has no metrics and knows statements of this API alone, not those of notebooks and jobs' Spark.",
        "Alerts can be evaluated at any time by a route of the rehearsal's own.",
    ),
    refused=(
        "`catalog` and `schema` of statements and queries: tables are named in full.",
        "The Thrift protocol of JDBC, ODBC and databricks-sql-connector; its sessions over this API, too.",
        "Alerts of the first version.",
    ),
)
