"""Robustness: the model answers when features could not be looked up, as for a new key or a late feed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from environments.settings import Model
from pipelines.evaluation.metrics import Metrics
from pipelines.evaluation.versions import LoadedVersion
from pipelines.features.lookups import looked_up_features
from pipelines.validation.answers import WORDS, fault_of
from pipelines.validation.checks import Check, in_words, tried
from pipelines.validation.quality import metric_check

ROWS = 200  # enough to see a model fail; the metric takes all rows
ALL, EACH, QUALITY = "missing_all", "missing_each", "missing_quality"
OnDemand = Mapping[str, Callable[..., Any]]


def robustness_checks(
    model: LoadedVersion, rows: pd.DataFrame, settings: Model, on_demand: OnDemand, metrics: Metrics
) -> list[Check]:
    """The version without any looked-up feature, without each of them, and how good it is without any."""
    features = looked_up_features(settings)
    if not features:
        return []
    expected, few = f"{WORDS[settings.problem]} for each row", rows.head(ROWS)

    def fault(missing: Collection[str]) -> str:
        try:
            return fault_of(settings.problem, model.scores(without(few, missing, settings, on_demand)))
        except Exception as error:  # whatever the version's own code raises is the finding
            return in_words(error)

    faults = {feature: fault([feature]) for feature in features}
    each = "; ".join(f"without {feature}: {words}" for feature, words in faults.items() if words)
    every = fault(features)
    checks = [
        Check(EACH, not each, each or f"answers without each of {len(features)} features", expected),
        Check(ALL, not every, every or f"answers without all {len(features)} features", expected),
    ]
    worst = settings.validation.missing_threshold
    if worst is not None:

        def quality() -> Check:
            scores = model.scores(without(rows, features, settings, on_demand))
            value = metrics.one(settings.validation.metric, rows[settings.label].to_numpy(), scores)
            return metric_check(QUALITY, value, worst, settings, "held-out rows without looked-up features")

        checks.append(tried(QUALITY, f"a metric not worse than {worst}", quality))
    return checks


def without(rows: pd.DataFrame, missing: Collection[str], settings: Model, on_demand: OnDemand) -> pd.DataFrame:
    """The rows as if these features had not been found; what is computed of them is computed anew."""
    changed = rows.assign(**{name: None if rows[name].dtype == object else np.nan for name in missing})
    stale = set(missing)
    for name, feature in settings.on_demand_features.items():
        if stale & set(feature.inputs.values()):
            stale.add(name)
            values = changed[list(feature.inputs.values())].astype(object)
            known = values.where(values.notna(), None)
            answers = [
                on_demand[name](**dict(zip(feature.inputs, row, strict=True)))
                for row in known.itertuples(index=False, name=None)
            ]
            kind = "float64" if is_numeric_dtype(rows[name]) else object
            changed[name] = pd.Series(answers, index=changed.index, dtype=kind)
    return changed
