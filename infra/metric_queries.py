"""SQL over the two tables that a monitor writes: pure text, for alerts and dashboards.

The tables: https://learn.microsoft.com/azure/databricks/lakehouse-monitoring/monitor-output
"""

from __future__ import annotations

from environments import names
from environments.model import MODEL_VERSION, SCORED_AT
from environments.monitoring import Alert
from environments.settings import Environment, Model

# The column of an alert's query that is compared with its threshold.
VALUE = "value"
# What the monitor calls all versions of the model together, next to the rows of each.
ALL_VERSIONS = "*"


def alert_query(environment: Environment, model: Model, alert: Alert) -> str:
    """The alert's metric in the newest window of all predictions; no row where none is new enough."""
    granularity = model.monitoring.granularities[0]
    return "\n".join(
        (
            f"SELECT {alert.metric} AS {VALUE}",
            f"FROM {_table(environment, model, alert.table)}",
            f"WHERE {_whole(model, alert.table)}",
            f"  AND column_name = '{alert.column}'",
            f"  AND window.end > current_timestamp() - {alert.windows} * INTERVAL {granularity.upper()}",
            f"  AND ({alert.metric}) IS NOT NULL",
            "ORDER BY window.start DESC",
            "LIMIT 1",
        )
    )


def when_there_is_nothing(alert: Alert) -> str:
    """The state of an alert whose metric was not computed lately.

    Where at least so much is asked for, nothing is too little, and people should know. But nothing never starts a
    training: there would be nothing to learn from.
    """
    return "TRIGGERED" if alert.comparison == "LESS_THAN" and not alert.retrain else "OK"


def predictions_per_day(environment: Environment, model: Model) -> str:
    """How many predictions each model version made on each day."""
    return (
        f"SELECT date({SCORED_AT}) AS day, {MODEL_VERSION}, count(*) AS predictions\n"
        f"FROM {names.inference_log(environment, model)}\nGROUP BY ALL\nORDER BY day"
    )


def over_time(environment: Environment, model: Model, table: str, metric: str) -> str:
    """A metric of each column, window by window."""
    return (
        f"SELECT window.start AS start, column_name, CAST({metric} AS DOUBLE) AS {VALUE}\n"
        f"FROM {_table(environment, model, table)}\n"
        f"WHERE {_whole(model, table)}\n  AND {metric} IS NOT NULL\nORDER BY start"
    )


def infrastructure(environment: Environment, model: Model, kind: str | None, column: str) -> str:
    """What an endpoint or each job did hour by hour."""
    of_kind = f"kind = '{kind}' AND " if kind else ""
    return (
        f"SELECT hour AS start, name AS column_name, CAST({column} AS DOUBLE) AS {VALUE}\n"
        f"FROM {names.infrastructure_metrics(environment, model)}\n"
        f"WHERE {of_kind}{column} IS NOT NULL\nORDER BY start"
    )


def latencies(environment: Environment, model: Model) -> str:
    """Quantiles of the time that the endpoint took to answer, hour by hour."""
    return (
        f"SELECT hour AS start, column_name, {VALUE}\n"
        f"FROM {names.infrastructure_metrics(environment, model)}\n"
        f"UNPIVOT ({VALUE} FOR column_name IN "
        "(latency_p50_ms AS `half`, latency_p95_ms AS `95 %`, latency_p99_ms AS `99 %`))\nORDER BY start"
    )


def _table(environment: Environment, model: Model, table: str) -> str:
    return names.drift_metrics(environment, model) if table == "drift" else names.profile_metrics(environment, model)


def _whole(model: Model, table: str) -> str:
    """The rows of the whole table, of the windows first named; drift as against the window before."""
    granularity = model.monitoring.granularities[0]
    rows = f"slice_key IS NULL AND {MODEL_VERSION} = '{ALL_VERSIONS}' AND granularity = '{granularity}'"
    return f"{rows} AND drift_type = 'CONSECUTIVE'" if table == "drift" else rows
