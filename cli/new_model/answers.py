"""What settles a new model beside its data; each answer is held against them before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cli.new_model.sample import NAME, Sample, refuse
from environments.metrics import Problem

TRUE, FALSE = "1", "0"
HISTORY_DAYS = 28


@dataclass(frozen=True)
class Answers:
    """The answers, as they were given."""

    name: str
    problem: Problem
    time: str
    key: list[str]
    by: str
    label: str
    positive: str
    known: list[str]
    owner: str


@dataclass(frozen=True)
class Split:
    """Days held out for tests and for validation, chosen so that they fit what staging begins with."""

    test_days: int
    validation_days: int


def check(answers: Answers, sample: Sample, there: list[str]) -> Split:
    """The split that suits the data, given in the order of time. Raises SettingsError for what does not fit them."""
    if not NAME.fullmatch(answers.name):
        expected = "1 to 63 lower-case letters, digits and _, a letter first"
        raise refuse(sample.file, "the model's name", repr(answers.name), expected)
    if answers.name in there:
        raise refuse(sample.file, "the model's name", repr(answers.name), f"a new one, not {', '.join(there)}")
    for question, columns in _columns_of(answers).items():
        for column in columns:
            if column not in sample.types:
                expected = f"a column of the file: {', '.join(sample.types)}"
                raise refuse(sample.file, question, repr(column), expected)
    _check_roles(answers, sample)
    _check_label(answers, sample)
    quarter, lasts = sample.first_quarter(answers.time)
    split = Split(max(1, lasts.days // 5), max(1, lasts.days // 6))
    if answers.problem == "binary":
        _check_classes(answers, quarter, split)
    return split


def _columns_of(answers: Answers) -> dict[str, list[str]]:
    return {
        "time": [answers.time],
        "key": answers.key,
        "by": [answers.by],
        "label": [answers.label],
        "known": answers.known,
    }


def _check_roles(answers: Answers, sample: Sample) -> None:
    for column in answers.known:
        if column in (answers.label, answers.time):
            expected = "columns that are known when the model is asked, other than time and label"
            raise refuse(sample.file, "known", repr(column), expected)
    for column in (*answers.key, answers.by):
        if column in (answers.label, answers.time):
            expected = "another column than those of time and label"
            raise refuse(sample.file, "by" if column == answers.by else "key", repr(column), expected)
        if sample.types[column] == "double":
            found = "numbers with fractions, or gaps"
            raise refuse(sample.file, column, found, "texts or whole numbers, as rows are told apart by them")
        if sample.has_gaps(column):
            row = int(sample.rows[column].isna().to_numpy().argmax()) + 1
            raise refuse(sample.file, column, f"nothing in a row ({row} in the order of time)", "a value in each row")
    again = sample.rows.duplicated(answers.key)
    if again.any():
        first = sample.rows.loc[again, answers.key].iloc[0]
        found = f"{', '.join(map(str, first))} again"
        raise refuse(sample.file, "key " + ", ".join(answers.key), found, "columns that together tell rows apart")


def _check_label(answers: Answers, sample: Sample) -> None:
    values = sample.values(answers.label)
    if answers.problem == "regression":
        if sample.types[answers.label] == "string":
            raise refuse(sample.file, answers.label, f"texts such as {values[0]!r}", "numbers, for a regression")
        if len(values) < 3:
            raise refuse(sample.file, answers.label, f"the values {', '.join(values)}", "amounts, for a regression")
        return
    if len(values) != 2:
        found = f"{len(values)} different values"
        raise refuse(sample.file, answers.label, found, "two, one of which is predicted, for a binary model")
    if answers.positive not in values:
        raise refuse(
            sample.file, "positive", repr(answers.positive), f"{values[0]!r} or {values[1]!r}, as {answers.label} says"
        )


def _check_classes(answers: Answers, quarter: Sample, split: Split) -> None:
    """Both classes are in each part of what staging trains and tests with, or no metric could be computed."""
    times = quarter.times(answers.time)
    test = times.iloc[-1] - timedelta(days=split.test_days)
    parts = {
        "that train": times < test - timedelta(days=split.validation_days),
        f"of the {split.validation_days} days before those": (times < test)
        & (times >= test - timedelta(days=split.validation_days)),
        f"of the latest {split.test_days} days": times >= test,
    }
    for which, rows in parts.items():
        found = set(quarter.rows.loc[rows, answers.label].dropna())
        if len(found) < 2:
            what = f"only {', '.join(found) or 'rows without a value'} in the rows {which} of the first quarter"
            raise refuse(quarter.file, answers.label, what, "both values there, so that a model can be judged")
