"""The model card: what a version is for, what it learned from, how good it is for whom, and what moves it. Markdown.

Its sections follow Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from environments.settings import Model
from pipelines.evaluation.metrics import SliceQuality
from pipelines.training.choose import Candidate
from pipelines.training.split import TimeSplit

FEATURES_SHOWN = 10


@dataclass(frozen=True)
class Facts:
    """What the training found out."""

    code_version: str
    cause: str
    chosen: Candidate
    split: TimeSplit
    rows: Mapping[str, int]
    inputs: Mapping[str, int]
    """Delta version of each input table."""
    metrics: Mapping[str, float]
    slices: Sequence[SliceQuality]
    importance: pd.Series


def model_card(model: Model, facts: Facts) -> str:
    """The card."""
    return "\n\n".join(
        [
            f"# {model.name}",
            model.description,
            *_section("Details", _details(model, facts)),
            *_section("Training data", _data(facts)),
            *_section("Quality on held-out rows", _table(["metric", "value"], _numbers(facts.metrics))),
            *_section("Quality by group", _slices(model, facts.slices)),
            *_section("What moves it", _importance(facts.importance)),
            *_section("Own metrics", _own_metrics(model)),
        ]
    )


def _section(title: str, text: str) -> list[str]:
    return [f"## {title}", text] if text else []


def _details(model: Model, facts: Facts) -> str:
    chosen = facts.chosen
    hyperparameters = ", ".join(f"{name} {value}" for name, value in chosen.hyperparameters.items())
    lines = {
        "Predicts": f"`{model.label}` of {', '.join(f'`{key}`' for key in model.entity_key)} ({model.problem})",
        "Algorithm": f"{chosen.algorithm}: {hyperparameters or 'as it comes'}",
        "Code": facts.code_version,
        "Trained because of": facts.cause,
        **{f"Tag {key}": value for key, value in model.tags.items()},
    }
    return "\n".join(f"- {name}: {text}" for name, text in lines.items())


def _data(facts: Facts) -> str:
    split = facts.split
    held_out = f"Held out: {split.test_start:%Y-%m-%d} to {split.test_end:%Y-%m-%d}; trained on what was before "
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in facts.rows.items())
    tables = _table(["table", "Delta version"], [[table, str(version)] for table, version in facts.inputs.items()])
    return f"{held_out}{split.validation_start:%Y-%m-%d}.\n\n{counts}.\n\n{tables}"


def _slices(model: Model, slices: Sequence[SliceQuality]) -> str:
    metric = model.validation.metric
    rows = [[f"{one.column} = {one.value}", str(one.rows), f"{one.metrics[metric]:.4f}"] for one in slices]
    return _table(["group", "rows", metric], rows)


def _importance(importance: pd.Series) -> str:
    rows = [[str(name), f"{value:.4g}"] for name, value in importance.head(FEATURES_SHOWN).items()]
    return _table(["feature", "mean absolute SHAP value"], rows)


def _own_metrics(model: Model) -> str:
    return "\n".join(f"- {name}: {metric.description}" for name, metric in model.metrics.items())


def _numbers(metrics: Mapping[str, float]) -> list[list[str]]:
    return [[name, f"{value:.4f}"] for name, value in metrics.items()]


def _table(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
