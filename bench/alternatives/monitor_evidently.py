"""Summary and drift by evidently: `monitor_evidently.py FOLDER` prints the seconds that it took.

Three months' reports, the later two also against the month before, of the whole table alone; one drift statistic
a column (Kolmogorov–Smirnov, Jensen–Shannon), as evidently's preset has it, where a monitor computes three and four.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter

import pandas as pd
from evidently import DataDefinition, Dataset, Report  # type: ignore[import-not-found]  # of the benches' own environment
from evidently.presets import DataDriftPreset, DataSummaryPreset  # type: ignore[import-not-found]

MONTHS = 3  # of twelve: all would take minutes


def main(folder: str) -> None:
    """Compute all and print the time."""
    before = perf_counter()
    frame = pd.read_parquet(folder)
    numbers = [name for name in frame.columns if name.startswith("x")]
    texts = [name for name in frame.columns if name.startswith("c")]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    presets = [DataSummaryPreset(), DataDriftPreset(num_method="ks", cat_method="jensenshannon")]
    last = None
    for _, rows in list(frame.groupby(frame["at"].dt.month))[:MONTHS]:
        current = Dataset.from_pandas(rows[numbers + texts].reset_index(drop=True), definition)
        Report(presets if last is not None else presets[:1]).run(current, last).dict()
        last = current
    sys.stdout.write(json.dumps({"seconds": perf_counter() - before}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
