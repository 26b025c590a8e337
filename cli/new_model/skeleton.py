"""The files of a new model, as texts: its settings, its package, and its data as the outside world sends them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli.new_model.answers import FALSE, HISTORY_DAYS, TRUE, Answers, Split
from cli.new_model.sample import Sample

TEMPLATES = Path(__file__).parent / "templates"
PACKAGE = ("__init__", "sources", "observations", "features")


def files(answers: Answers, sample: Sample, split: Split) -> dict[str, str]:
    """The text of each file, by its path in the checkout; settings last, as by them the model is there."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    values = _values(answers, sample, split)

    def drawn(template: str) -> str:
        return environment.get_template(template).render(values)

    package = {f"pipelines/models/{answers.name}/{name}.py": drawn(f"{name}.py.j2") for name in PACKAGE}
    data = {f"rehearsal/play/world/samples/{answers.name}/{sample.table}.csv": sample.rows.to_csv(index=False)}
    return {**package, **data, f"environments/models/{answers.name}.yaml": drawn("settings.yaml.j2")}


def _values(answers: Answers, sample: Sample, split: Split) -> dict[str, Any]:
    types = {**sample.types, answers.time: "timestamp"}
    if answers.problem == "binary" and sample.values(answers.label) != [FALSE, TRUE]:
        types[answers.label] = "string"
    fixed = [*answers.key, answers.time, answers.by]
    return {
        **vars(answers),
        "table": sample.table,
        "types": types,
        "whole": {name for name in types if name in fixed},
        "categorical": [name for name in answers.known if types[name] == "string"],
        "feature": f"mean_{answers.label}_{HISTORY_DAYS}_days",
        "history": f"{answers.by}_history",
        "days": HISTORY_DAYS,
        "split": split,
        "truth": _truth(answers, types),
        "spread": _spread(answers, sample),
        "columns": list(types),
    }


def _truth(answers: Answers, types: dict[str, str]) -> str:
    """The label as Spark computes it of the column that the file has."""
    column = f'F.col("{answers.label}")'
    if answers.problem == "regression":
        return f'{column}.cast("double")'
    if types[answers.label] == "string":
        return f'({column} == {_quoted(answers.positive)}).cast("int")'
    return f'{column}.cast("int")' if answers.positive == TRUE else f'({column} == {FALSE}).cast("int")'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _spread(answers: Answers, sample: Sample) -> dict[str, str]:
    """How far off a model is that always says the mean, which no version may exceed; and a fiftieth of that."""
    if answers.problem == "binary":
        return {}
    spread = float(pd.to_numeric(sample.rows[answers.label]).std())
    digits = max(0, 2 - math.floor(math.log10(spread)))
    return {"all": f"{spread:.{digits}f}", "little": f"{spread / 50:.{digits + 2}f}"}
