"""What Model Serving says of itself on the page "What is emulated"."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Model Serving",
    summary="Endpoints over registered models of Unity Catalog, each served entity as processes of its own.",
    works=(
        "endpoints with or without configuration, several served entities, traffic split, queries of one entity",
        "updates without downtime: the old configuration answers until all of the new one is healthy; one that cannot "
        "be loaded leaves it serving, with `UPDATE_FAILED` and the reason in `pending_config`",
        "all request formats of MLflow's scoring server (`dataframe_split`, `dataframe_records`, `instances`, "
        "`inputs`, `params`, CSV, Parquet, tensors), errors as `BAD_REQUEST` with one clear message",
        "CAN_VIEW, CAN_QUERY and CAN_MANAGE on each route; a revoked token or right counts for the very next request",
        "`workload_size` and provisioned concurrency as processes and requests at a time; `scale_to_zero_enabled`: "
        "asleep after 30 minutes by the workspace's clock, awake with the next request",
        "crashed model servers are started again; what was not sent to one goes to its sibling",
        "AI gateway: rate limits (429) of the endpoint, users, groups and service principals; inference tables, in "
        "which every answered request is, even when the workspace is killed",
        "health metrics in OpenMetrics' text, service logs, OpenAPI document, tags",
        "metadata `rows_independent: true` of a model (the rehearsal's own word): rows of requests that wait at the "
        "same time are predicted in one call",
    ),
    differs=(
        "all models share the workspace's Python environment; the build log says which requirements it meets",
        "no more processes than the machine has processors; native libraries use one thread a request, unless "
        "`OMP_NUM_THREADS` is in `environment_vars`",
        "a whole number that its column cannot hold is refused, where MLflow wraps it around",
        "NaN and infinity in predictions are `null`",
        "requests for predictions are in inference tables, not in the audit log",
        "metrics count since the configuration's processes were started; there is no queue-time histogram",
    ),
    refused=(
        "external models, foundation models and provisioned throughput, GPUs, guardrails, fallbacks (501)",
        "`route_optimized`, `email_notifications`, `telemetry_config` and the deprecated `rate_limits` (501)",
        "`auto_capture_config` (use the AI gateway's inference table) and secrets in environment variables (501)",
    ),
)
