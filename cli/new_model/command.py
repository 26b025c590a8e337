"""The questionnaire: what is not said by an option is asked."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import ROOT
from cli.new_model import answers, sample, skeleton, writing
from environments.mistakes import exit_on_mistakes
from environments.settings import model_names


class Kind(StrEnum):
    """Is the label a class, or an amount."""

    BINARY = "binary"
    REGRESSION = "regression"


@exit_on_mistakes()
def command(
    name: Annotated[str, typer.Argument(help="The model's name: lower-case letters, digits and _.")],
    data: Annotated[Path, typer.Option(help="CSV file with a header; its name becomes the table's.")],
    problem: Annotated[Kind | None, typer.Option(help="Is the label one of two values, or an amount.")] = None,
    time: Annotated[str | None, typer.Option(help="Column: when a prediction is made.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Column that tells rows apart; may be repeated.")] = None,
    by: Annotated[str | None, typer.Option(help="Column whose past tells something: shop, station, customer.")] = None,
    label: Annotated[str | None, typer.Option(help="Column to predict.")] = None,
    positive: Annotated[str | None, typer.Option(help="Value of the label whose probability is meant.")] = None,
    known: Annotated[list[str] | None, typer.Option(help="Column known when asked; may be repeated.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for the model; a tag of all that is its own.")] = None,
) -> None:
    """Write the settings, the package and the sample data of a new model, from a CSV file. Asks what is not given.

    All files are written, or none. What is written passes the checks of settings and can be rehearsed: the tutorial
    (docs/tutorial.md) goes on from there.

    \b
    Examples:
      ./understudy new-model demand --data days.csv     (asks the rest)
      ./understudy new-model rain --data hours.csv --problem binary \\
        --time hour_start --key hour_id --by station --label rain \\
        --known station --known hour_of_day --owner weather-desk
    """
    found = sample.read(data)
    columns = list(found.types)
    kind = problem or Kind(_ask("Is the label one of two values (binary) or an amount (regression)", list(Kind)))
    time = time or _ask("Which column says when a prediction is made", columns)
    key = key or _ask_several("Which columns tell one row from another", columns)
    by = by or _ask("By which column is history kept, such as shop, station, customer", columns)
    label = label or _ask("Which column is to be predicted", columns)
    values = found.values(label) if label in columns else []
    if kind is Kind.BINARY and positive is None:
        is_plain = values == [answers.FALSE, answers.TRUE]
        positive = answers.TRUE if is_plain or len(values) != 2 else _ask(f"Which value of {label} is meant", values)
    others = [column for column in columns if column not in {*key, time, label}]
    known = known or _ask_several("Which columns are known when the model is asked", others)
    owner = owner or typer.prompt("Who answers for the model", default="data-science")

    given = answers.Answers(name, kind.value, time, key, by, label, positive or "", known, owner)
    in_time = found.in_time(time) if time in columns else found
    split = answers.check(given, in_time, model_names(ROOT / "environments"))
    files = skeleton.files(given, in_time, split)
    writing.write(ROOT, files)
    for path in files:
        typer.echo(path)
    typer.echo(f"\nnext: ./understudy rehearse --model {name}")


def _ask(question: str, choices: Sequence[str]) -> str:
    """One of the choices; what is none of them is asked again."""
    typer.echo(f"{question}?  ({', '.join(choices)})")
    while (answer := typer.prompt(">", prompt_suffix=" ").strip()) not in choices:
        typer.echo(f"found {answer!r}; expected one of {', '.join(choices)}")
    return str(answer)


def _ask_several(question: str, choices: Sequence[str]) -> list[str]:
    """Some of the choices, given with commas between them."""
    typer.echo(f"{question}?  (some of {', '.join(choices)}; with commas)")
    while True:
        given = [word.strip() for word in typer.prompt(">", prompt_suffix=" ").split(",")]
        strange = [word for word in given if word not in choices]
        if not strange:
            return list(dict.fromkeys(given))
        typer.echo(f"found {', '.join(map(repr, strange))}; expected some of {', '.join(choices)}")
