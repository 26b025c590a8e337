"""How far two distributions are apart: the drift metrics, each from its source. Pure functions of profile metrics.

Numeric columns are compared by their quantiles, categorical ones by their most frequent items; what is not among these
counts as one more item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Metrics = dict[str, Any]
Floats = NDArray[np.float64]
_BINS = 10
_LEAST_SHARE = 1e-4  # of an empty bin: the index has no value where a share is zero


def numeric(current: Metrics, before: Metrics) -> Metrics:
    """Drift of a numeric column, from quantiles and counts."""
    new, old = np.asarray(current["quantiles"], float), np.asarray(before["quantiles"], float)
    return {
        "ks_test": kolmogorov_smirnov(new, old, current["count"], before["count"]),
        "wasserstein_distance": wasserstein(new, old),
        "population_stability_index": population_stability_index(new, old),
    }


def categorical(current: Metrics, before: Metrics) -> Metrics:
    """Drift of a categorical column, from its frequent items."""
    new, old = aligned_counts(current, before)
    p, q = new / new.sum(), old / old.sum()
    return {
        "chi_squared_test": chi_squared(new, old),
        "tv_distance": float(np.abs(p - q).sum() / 2),
        "l_infinity_distance": float(np.abs(p - q).max()),
        "js_distance": jensen_shannon(p, q),
    }


def kolmogorov_smirnov(new: Floats, old: Floats, n: int, m: int) -> Metrics:
    """Largest difference of the two cumulative distributions, and the asymptotic probability of one as large by chance.

    Two-sample Kolmogorov–Smirnov, with Stephens' correction for small samples, https://doi.org/10.2307/2984408;
    as https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.ks_2samp.html, which takes 1000 times as long.
    """
    points = np.concatenate([new, old])
    statistic = float(np.abs(_cumulative(new, points) - _cumulative(old, points)).max())
    size = np.sqrt(n * m / (n + m))
    return {"statistic": statistic, "pvalue": float(special.kolmogorov((size + 0.12 + 0.11 / size) * statistic))}


def wasserstein(new: Floats, old: Floats) -> float:
    """Earth mover's distance in the column's own unit: the mean difference of quantiles of the same rank.

    https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.wasserstein_distance.html
    """
    return float(np.abs(new - old).mean())


def population_stability_index(new: Floats, old: Floats) -> float:
    """Σ (a - e) ln(a / e) over bins, e and a the shares before and now; bins are deciles of before.

    Yurdakul and Naranjo, Statistical properties of the population stability index, https://doi.org/10.21314/JRMV.2020.227
    """
    edges = np.unique(old[len(old) * np.arange(1, _BINS) // _BINS])
    actual, expected = _shares(new, edges), _shares(old, edges)
    return float(((actual - expected) * np.log(actual / expected)).sum())


def chi_squared(new: Floats, old: Floats) -> Metrics:
    """Are the counts of both windows of one distribution? Pearson's test of the 2 × k table, without correction.

    https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.chi2_contingency.html
    """
    if len(new) < 2:
        return {"statistic": 0.0, "pvalue": 1.0}
    table = np.vstack([new, old])
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return {"statistic": statistic, "pvalue": float(special.chdtrc(len(new) - 1, statistic))}


def jensen_shannon(p: Floats, q: Floats) -> float:
    """Square root of the Jensen–Shannon divergence (natural logarithm).

    https://docs.scipy.org/doc/scipy/reference/generated/scipy.spatial.distance.jensenshannon.html
    """
    middle = (p + q) / 2
    divergence = (special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()) / 2
    return float(np.sqrt(max(divergence, 0.0)))  # of equal ones, rounding may leave less than nothing


def aligned_counts(current: Metrics, before: Metrics) -> tuple[Floats, Floats]:
    """Counts of the same items in both; what is not listed is the last item, where there is any."""
    listed = [{item["item"]: item["count"] for item in metrics["frequent_items"]} for metrics in (current, before)]
    items = sorted({*listed[0], *listed[1]})
    both = []
    for metrics, counts in zip((current, before), listed, strict=True):
        shown: list[float] = [counts.get(item, 0) for item in items]
        both.append(np.asarray([*shown, metrics["count"] - sum(shown)], float))
    seen = (both[0] + both[1]) > 0
    return both[0][seen], both[1][seen]


def _cumulative(quantiles: Floats, points: Floats) -> Floats:
    return np.searchsorted(quantiles, points, side="right") / len(quantiles)


def _shares(quantiles: Floats, edges: Floats) -> Floats:
    counts: Sequence[int] | NDArray[np.int64] = np.bincount(
        np.searchsorted(edges, quantiles, side="left"), minlength=len(edges) + 1
    )
    return np.maximum(np.asarray(counts, float) / len(quantiles), _LEAST_SHARE)
