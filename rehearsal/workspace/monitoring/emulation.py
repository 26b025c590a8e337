"""What the page "What is emulated" says of data quality monitors."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Data quality monitors",
    summary="Lakehouse Monitoring: profile and drift metrics of a table, in two Delta tables beside it.",
    works=(
        "Snapshot, time series and inference log; granularities from 5 minutes to 1 year; slices; a baseline table.",
        "Profile and drift tables with Databricks' columns, names and types; quality of classifications and "
        "regressions by model where labels are known.",
        "Drift by Kolmogorov–Smirnov, chi-squared, total variation, L-infinity, Jensen–Shannon, Wasserstein and "
        "population stability index; each formula is checked against scipy or by hand.",
        "Custom metrics of all three types: aggregate and derived ones in the profile table, drift in the drift table; "
        "a mistake in one is told with its name.",
        "A refresh measures the windows that rows came to or went from since the last one; all of them when the "
        "definition or the baseline has changed, or Delta's log does not say.",
        "The table is read as the monitor's owner: what he may not read fails the refresh, which is kept and mailed.",
        "Schedules, manual refreshes, cancellation and history of refreshes; each snapshot is one more window.",
    ),
    differs=(
        "A first refresh looks at all rows, not at the last 30 days; change data feed is not needed.",
        "Counts of distinct values and quantiles are exact where Databricks approximates them.",
        "What Databricks does not define publicly is ours: weeks begin on Monday, all windows are in UTC, percentages "
        "go from 0 to 100, the population stability index has the deciles of the earlier window for bins.",
        "Of a slicing expression with many values, the 100 most frequent are slices, chosen anew in each refresh.",
        "Metrics of fairness, log loss and areas under curves are not computed.",
    ),
    refused=("A built-in dashboard: `skip_builtin_dashboard` must be set.",),
)
