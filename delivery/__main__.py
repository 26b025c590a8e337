"""Command line of delivery; the Makefile's targets call it."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from delivery.deploy import deploy as deploy_environment
from delivery.deploy import restore as restore_environment
from delivery.errors import DeliveryError
from delivery.here import forge_here
from delivery.plans import make_plan
from delivery.review import publish, shown
from delivery.steps import perform
from delivery.verdict import is_good, results_of, tell
from environments.mistakes import EXIT_STATUS
from environments.settings import ENVIRONMENTS, Environment, Model, load_environment, load_model, model_names
from environments.yaml_source import SettingsError
from pipelines.errors import PipelineError

EnvironmentOption = Annotated[str, typer.Option("--environment", help="dev, staging or prod.")]
ModelsOption = Annotated[str, typer.Option("--models", help="Names of models, by spaces; all where none is named.")]

cli = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)


@cli.command()
def step(name: str) -> None:
    """Run a step of delivery and tell the commit and its pull request what became of it."""
    raise typer.Exit(perform(name, forge_here(os.environ)))


@cli.command()
def review(environment: EnvironmentOption) -> None:
    """Plan, tell it on the pull request and remember its digest; outside a pipeline, only print it."""
    forge, plan = forge_here(os.environ), make_plan(_environment(environment).name)
    try:
        typer.echo(shown(plan, forge))
        if forge:
            publish(forge, plan)
        plan.require_accepted()
    finally:
        plan.forget()


@cli.command()
def deploy(
    environment: EnvironmentOption, reviewed: Annotated[str, typer.Option(help="A plan's digest.")] = ""
) -> None:
    """Apply the plan that was reviewed, and refuse any other."""
    deploy_environment(_environment(environment).name, forge_here(os.environ), reviewed or None, typer.echo)


@cli.command()
def restore(environment: EnvironmentOption) -> None:
    """Put a disposable environment back to what this checkout says."""
    restore_environment(_environment(environment).name, typer.echo)


@cli.command()
def integration(environment: EnvironmentOption, models: ModelsOption = "") -> None:
    """Run all pipelines of the models together, and load a temporary endpoint with what they trained."""
    from delivery.integration.run import integrate  # imports MLflow, which takes seconds

    integrate(_environment(environment), _models(models), forge_here(os.environ), typer.echo)


@cli.command()
def sweep(environment: EnvironmentOption) -> None:
    """Remove what integrations that were killed have left behind."""
    from delivery.integration.sweep import sweep as remove

    remove(_environment(environment), _models(""), typer.echo)


@cli.command()
def train(environment: EnvironmentOption, models: ModelsOption = "") -> None:
    """Start the training jobs, which go on by themselves."""
    from delivery.integration.jobs import start

    for model in _models(models):
        typer.echo(start(_environment(environment), model, "training"))


@cli.command()
def roll_back(environment: EnvironmentOption, model: Annotated[str, typer.Option(help="A model's name.")]) -> None:
    """Make the version that was Champion before Champion again."""
    from delivery.integration.jobs import run

    typer.echo(run(_environment(environment), load_model(model), "rollback"))


@cli.command()
def verdict() -> None:
    """Tell people whether every job of the run succeeded (variables RESULTS and PEOPLE); ends with 1 when not."""
    results, forge = results_of(os.environ.get("RESULTS", "")), forge_here(os.environ)
    for name, result in results.items():
        typer.echo(f"{name}: {result}")
    if forge:
        tell(forge, results, os.environ.get("PEOPLE", ""))
    raise typer.Exit(0 if is_good(results) else 1)


def _environment(name: str) -> Environment:
    if name not in ENVIRONMENTS:
        raise DeliveryError("ENV", repr(name), f"one of {', '.join(ENVIRONMENTS)}")
    return load_environment(name)


def _models(given: str) -> list[Model]:
    return [load_model(name) for name in given.split() or model_names()]


def main() -> None:
    """Run a command; what is expected to go wrong is told in its own words."""
    try:
        cli()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_STATUS)
    except (DeliveryError, PipelineError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
