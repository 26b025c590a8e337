"""A monitor's profile metrics by DuckDB: `monitor_duckdb.py FOLDER` prints the seconds that it took.

Counts, moments, extremes, zeros, distinct values, 1000 quantiles and the 100 most frequent items, by month, by month
and carrier, and by month and sign of x0. Quantiles and distinct values are DuckDB's approximate ones, which are faster.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

import duckdb  # type: ignore[import-not-found]  # of the benches' own environment

_FRACTIONS = "[" + ", ".join(str(place / 999) for place in range(1000)) + "]"
_NUMBERS = (
    "count({0}), avg({0}), stddev_samp({0}), min({0}), max({0}), median({0}), count_if({0} = 0), count_if(isnan({0})),"
    "approx_count_distinct({0}), approx_quantile({0}, {1})"
)
_TEXTS = "count({0}), approx_count_distinct({0}), min(length({0})), max(length({0})), avg(length({0}))"
_ITEMS = """
SELECT month, s1, s2, item, count(*) AS n FROM (SELECT *, {0} AS item FROM sliced)
GROUP BY GROUPING SETS ((month, item), (month, s1, item), (month, s2, item))
QUALIFY row_number() OVER (PARTITION BY month, grouping(s1), s1, grouping(s2), s2 ORDER BY n DESC) <= 100
"""


def main(folder: str) -> None:
    """Compute all and print the time."""
    files = [str(path) for path in Path(folder).glob("*.parquet")]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    before = perf_counter()
    connection.execute(
        "CREATE VIEW sliced AS SELECT *, date_trunc('month', \"at\") AS month, carrier AS s1, x0 > 0 AS s2 "
        f"FROM read_parquet({files})"
    )
    names = [row[0] for row in connection.execute("DESCRIBE sliced").fetchall()]
    numbers = [name for name in names if name.startswith("x")]
    texts = [name for name in names if name.startswith("c")]
    wanted = [_NUMBERS.format(name, _FRACTIONS) for name in numbers] + [_TEXTS.format(name) for name in texts]
    connection.execute(
        f"SELECT month, s1, s2, count(*), {', '.join(wanted)} FROM sliced "
        "GROUP BY GROUPING SETS ((month), (month, s1), (month, s2))"
    ).fetchall()
    for name in texts:
        connection.execute(_ITEMS.format(name)).fetchall()
    sys.stdout.write(json.dumps({"seconds": perf_counter() - before}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
