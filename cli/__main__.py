"""Understudy: MLOps on Azure Databricks, rehearsed before the curtain goes up."""

from __future__ import annotations

import typer

from cli import doctor, report, targets
from cli.new_model import command as new_model

cli = typer.Typer(
    name="understudy",
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command("new-model")(new_model.command)
cli.command("doctor")(doctor.command)
cli.command("rehearse")(targets.rehearse)
cli.command("plan")(targets.plan)
cli.command("report")(report.command)


if __name__ == "__main__":
    cli(prog_name="understudy")
