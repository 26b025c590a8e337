"""What the online feature stores and feature engineering say of themselves on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Online feature stores and feature engineering",
    summary="Stores are databases of a real PostgreSQL, that feature tables are published to and endpoints look up in.",
    works=(
        "`feature_store` of databricks-sdk: stores are made, changed, listed and deleted; an online table is a foreign "
        "table of Unity Catalog, with an owner and grants of its own",
        "`publish_table` in modes SNAPSHOT, TRIGGERED (by the change data feed) and CONTINUOUS, as the publisher may "
        "read; of a time series the latest row of each key; `database.get_synced_database_table` tells how it went",
        "who looks up sees all of a version or none of it; a pipeline that fails or is killed changes nothing",
        "an endpoint whose model has a feature spec looks missing columns up, one query a table whatever the number of "
        "rows; computes Python functions of Unity Catalog; takes what the request gives before what it would look up",
        "its model server reads by a role that can read and nothing else; the endpoint's creator needs SELECT on the "
        "online tables and EXECUTE on the functions",
        "`databricks.feature_engineering`, with the real client's parameters: `create_table`, `write_table`, "
        "`read_table`, `get_table`, `drop_table`, `create_training_set` (point in time, look-back windows, defaults, "
        "renaming, functions), `log_model` (the real package's feature_spec.yaml), `score_batch`, online stores",
    ),
    differs=(
        "a store's capacity is kept and shown; every store has what this machine has",
        "a store is available when its creation answers; who made it or administers the workspace may change it, and "
        "every user may publish to it",
        "arrays, maps and structs are JSON in the online table",
        "an online table is read by look-ups and by PostgreSQL's own clients, not by SQL or Spark",
        "online, a look-up takes the latest row of a time series, without regard to its look-back window",
        "an online store that cannot be reached is told to the endpoint's caller as an error of the model (400)",
        "functions run in the model server's and in Spark's own processes, not in a sandbox",
    ),
    refused=(
        "read replicas; feature names, tags and views in a publish spec; the deletion of a store that holds tables",
        "online stores of third parties (Cosmos DB, DynamoDB); the former `online_tables` API",
        "feature specs as securables and feature serving endpoints; declarative features and their materialization",
        "streams to `write_table`; tags of feature tables; `infer_input_example`; environments for `score_batch`",
        "looked-up values in inference tables (`ENABLE_FEATURE_TRACING`)",
    ),
)
