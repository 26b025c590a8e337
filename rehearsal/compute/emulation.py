"""What compute says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Compute: Spark Connect",
    summary="Apache Spark 4.1 with Delta Lake 4.3 for stock `pyspark` clients, behind a gateway per workspace that "
    "enforces Unity Catalog on every plan, as serverless compute does.",
    works=(
        "Tables by one, two or three names; `USE`, `current_catalog()`, `spark.catalog.*`; temporary views; SQL with "
        "parameters; time travel; Python, pandas and Arrow functions, with files by `addArtifacts`; DataFrame API, "
        "`saveAsTable`, `insertInto`, `writeTo`, `mergeInto`",
        "Structured Streaming: `readStream.table`, `toTable`, `foreachBatch` with the caller's rights, `availableNow`",
        "Kafka as source and sink, in batches and streams; an Event Hubs address (`….servicebus.windows.net:9093`) is "
        "the broker of the outside world, which asks for its connection string",
        "CREATE TABLE (AS SELECT, LIKE, OR REPLACE), SHALLOW and DEEP CLONE, REPLACE, TRUNCATE, DROP; ALTER TABLE of "
        "columns, constraints, properties, name, owner, clustering; COMMENT ON; SET TAGS and UNSET TAGS",
        "INSERT, UPDATE, DELETE, MERGE (with schema evolution), OPTIMIZE, VACUUM, RESTORE, DESCRIBE (EXTENDED, DETAIL, "
        "HISTORY), SHOW, GRANT and REVOKE; SHOW GRANTS",
        "Views in schemas, read with their owner's rights, views within views, dynamic views by `current_user()`, "
        "`is_account_group_member()` and `is_member()`",
        "SQL functions of the catalog with EXECUTE enforced, in SQL and by `call_function`",
        "`delta.tables.DeltaTable`: `forName`, merge, update, delete, history, detail, optimize, vacuum, restore, "
        "clone, the builder",
        "Lineage of every plan that writes a table, streams and batch functions included, with the job's run; "
        "`/api/2.0/lineage-tracking/table-lineage`",
        "Refusals in Databricks' words: INSUFFICIENT_PERMISSIONS, TABLE_OR_VIEW_NOT_FOUND, EXPECT_TABLE_NOT_VIEW; no "
        "answer names a path of this machine",
        "What a sudden death leaves half done is removed at the next start; no name stands for a table that cannot "
        "be read",
    ),
    differs=(
        "Python functions run as the machine's user: names and paths are guarded, not what such code opens",
        "All Event Hubs namespaces are one broker, reached without TLS",
        "LIKE and DEEP CLONE have one entry more in their history; a shallow clone cannot be read once its source's "
        "files are gone, and DROP TABLE takes them at once: there is no UNDROP",
        "`user` without parentheses is not told from a column and names no person",
        "A stream's batches are attributed to all tables that the session's streams with batch functions read",
        "Lineage follows tables, not columns; a plan that writes nothing leaves none",
        "SQL that sqlglot cannot read is refused, such as pipes (`|>`) and scripts",
    ),
    refused=(
        "Paths outside of volumes and external locations; tables with a location; tables of other formats than "
        "Delta; global temporary views; COPY INTO; LOAD DATA; INSERT OVERWRITE DIRECTORY",
        "JDBC and other sources whose drivers are not part of the compute; `read_files`, `table_changes`, "
        "`identifier()`, `reflect`",
        "`addArtifacts` in a task of a job, whose code comes as wheel and libraries",
        "Functions in Java and Scala, JARs; Python functions of the catalog within SQL; functions that return tables",
        "CACHE TABLE, ANALYZE, materialized views, `spark.ml` and declarative pipelines by Spark Connect, "
        "CREATE OR REPLACE … CLONE of a table that exists",
        "Spark settings other than those that serverless compute lets one set, and Delta's and adaptive execution's",
    ),
)
