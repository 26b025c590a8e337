"""What each version of a model would have said in each month, and how far each month's features are from the first.

A data scientist's own script, of code that runs as it is on Databricks: it reads tables and versions of prod from dev.
Prints one line of JSON after RESULT.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import datetime

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from pyspark.sql import functions as F

from environments import names
from environments.settings import load_environment, load_model
from pipelines.evaluation.metrics import Metrics
from pipelines.evaluation.versions import load
from pipelines.features.lookups import Lookups, feature_columns
from pipelines.models import load_code
from pipelines.tables import instant, session

RESULT, MONTH = "RESULT ", "_month"
BINS = 10
EMPTY = 1e-4  # share that a bin without values is given, so that its logarithm exists


def main() -> None:
    """Read, score, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--baseline-end", type=datetime.fromisoformat, required=True, help="UTC, exclusive")
    options = parser.parse_args()
    mlflow.set_registry_uri("databricks-uc")
    environment, model = load_environment(options.environment), load_model(options.model)
    code = load_code(model.name)
    table = session().table(names.source_table(environment, model, model.label_table))
    rows = Lookups.of(environment, model, code.ON_DEMAND).training_set(
        code.labelled(code.observations(table)), model.label
    )
    month = F.when(F.col(model.event_time) >= instant(options.baseline_end), F.date_format(model.event_time, "yyyy-MM"))
    frame = rows.load_df().withColumn(MONTH, month).drop(*model.entity_key, model.event_time).toPandas()
    months = {str(name): part for name, part in frame.groupby(MONTH)}
    features, metrics = feature_columns(model), Metrics(model.problem, code.METRICS)
    first = frame[frame[MONTH].isna()]
    result = {
        "rows": {name: len(part) for name, part in months.items()},
        "positive_share": {name: float(part[model.label].mean()) for name, part in months.items()},
        "quality": quality(names.registered_model(environment, model), months, model.label, metrics),
        "drift": {
            name: {feature: stability(first[feature], part[feature]) for feature in features}
            for name, part in months.items()
        },
    }
    sys.stdout.write(f"{RESULT}{json.dumps(result)}\n")


def quality(
    name: str, months: Mapping[str, pd.DataFrame], label: str, metrics: Metrics
) -> dict[str, dict[str, dict[str, float]]]:
    """By version and month: all metrics."""
    client = MlflowClient()
    found: dict[str, dict[str, dict[str, float]]] = {}
    for version in sorted(client.search_model_versions(f"name='{name}'"), key=lambda one: int(one.version)):
        loaded = load(version)
        found[str(version.version)] = {
            month: metrics.all(rows[label].to_numpy(), loaded.scores(rows)) for month, rows in months.items()
        }
    return found


def stability(expected: pd.Series, actual: pd.Series) -> float:
    """Population stability index of a feature: bins are deciles of what is expected, or its values; missing is one."""
    if pd.api.types.is_numeric_dtype(expected):
        edges = np.unique(np.nanquantile(expected.astype("float64"), np.linspace(0, 1, BINS + 1)[1:-1]))
        counts = [
            _shares(pd.Series(np.digitize(one, edges)).where(one.notna().to_numpy(), -1)) for one in (expected, actual)
        ]
    else:
        counts = [_shares(one.astype("string").fillna("")) for one in (expected, actual)]
    both = pd.concat(counts, axis=1).fillna(0.0).clip(lower=EMPTY)
    before, now = both.iloc[:, 0], both.iloc[:, 1]
    return float(((now - before) * np.log(now / before)).sum())


def _shares(values: pd.Series) -> pd.Series:
    return values.value_counts(normalize=True)


if __name__ == "__main__":
    main()
