"""Command line of the play: rehearse a release from nothing to predictions, or stop what it left up."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from environments.yaml_source import SettingsError
from rehearsal.play import deploy
from rehearsal.play.approvals import NotApproved
from rehearsal.play.jobs import RunFailed
from rehearsal.play.kafka.broker import BrokerError
from rehearsal.play.people import DATA_SCIENTIST
from rehearsal.play.platform import LocalPlatform, PlatformError
from rehearsal.play.progress import Progress
from rehearsal.play.rehearse import Play
from rehearsal.play.report import write
from rehearsal.play.servers import Servers
from rehearsal.play.year import page, plan
from rehearsal.play.year.errors import YearError
from rehearsal.play.year.year import Year
from rehearsal.postgres.server import ServerError

Home = Annotated[Path, typer.Option(help="Folder that holds the local workspace's state.")]
PortBase = Annotated[int, typer.Option(help="First of the loopback ports.")]
cli = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

EXPECTED = (
    *(BrokerError, ServerError, deploy.DeployError, PlatformError, RunFailed, NotApproved, YearError),
    LookupError,
)


@cli.command()
def rehearse(
    home: Home = Path(".understudy/workspace"),
    port_base: PortBase = 8440,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the workspace up and print how to reach it.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Monitor all models, in staging too, and move traffic to new versions.")
    ] = False,
    model: Annotated[list[str] | None, typer.Option(help="Live through this model alone; may be repeated.")] = None,
) -> None:
    """Deploy staging and prod to the local workspace, run every model's life in each, and write a report."""
    local, progress = LocalPlatform(home, port_base), Progress()
    path = home / "report.html"
    try:
        play = Play(local, progress, model)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    rehearsal = play.report(_what_stopped(lambda: play.perform(whole=whole)))
    write(rehearsal, path)
    if not keep:
        with progress.step("stop the local workspace"):
            play.servers.stop()
    elif local.pid() is not None:
        _tell_how_to_reach(local)
    _end(rehearsal.ok, progress, path)


@cli.command()
def year(
    home: Home = Path(".understudy/year"),
    port_base: PortBase = 8440,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the workspace up.")] = False,
    short: Annotated[bool, typer.Option("--short", help="Three months with all faults, instead of nine.")] = False,
) -> None:
    """Live through a year in prod, month by month on a moved clock, with faults, and write a report of it."""
    local, progress = LocalPlatform(home, port_base), Progress()
    path = home / "report.html"
    try:
        lived = Year(local, progress, plan.SHORT if short else plan.FULL)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    report = lived.report(_what_stopped(lived.perform))
    page.write(report, path)
    if not keep:
        with progress.step("stop the local workspace"):
            lived.servers.stop()
    _end(report.ok, progress, path)


@cli.command()
def up(home: Home = Path(".understudy/workspace"), port_base: PortBase = 8440) -> None:
    """Start the local workspace as it was left, or empty, and print how to reach it; nothing is deployed."""
    local, progress = LocalPlatform(home, port_base), Progress()
    try:
        with progress.step("start the local workspace"):
            Servers(local).start()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except (BrokerError, ServerError, PlatformError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    _tell_how_to_reach(local)


@cli.command()
def down(homes: Annotated[list[Path], typer.Argument(help="Folders that hold local workspaces' states.")]) -> None:
    """Stop local workspaces; their states stay for the next rehearsal."""
    for home in homes:
        stopped = Servers(LocalPlatform(home, 0)).stop()
        typer.echo(f"{home}: " + ("stopped" if stopped else "no local workspace was running"))


@cli.command()
def env(home: Home = Path(".understudy/workspace"), port_base: PortBase = 8440) -> None:
    """Print, for a shell's eval, the variables with which cdktf and databricks-sdk reach the local workspace."""
    try:
        variables = deploy.environment(LocalPlatform(home, port_base))
    except PlatformError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo("unset DATABRICKS_HOST DATABRICKS_TOKEN DATABRICKS_CONFIG_PROFILE")
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def _what_stopped(perform: Callable[[], None]) -> str:
    """Perform a play; the message of what stopped it, told at once, and empty where nothing did."""
    try:
        perform()
    except EXPECTED as error:
        typer.echo(str(error), err=True)
        return str(error)
    return ""


def _end(ok: bool, progress: Progress, path: Path) -> None:
    typer.echo(f"{'passed' if ok else 'FAILED'} in {progress.seconds:.0f} s; report: {path}")
    raise typer.Exit(0 if ok else 1)


def _tell_how_to_reach(local: LocalPlatform) -> None:
    typer.echo("\nThe local workspace is up (stop it with `make down`):")
    for workspace in ("account", "dev", "staging", "prod"):
        typer.echo(f"  {workspace:8} {local.host(workspace)}")
    typer.echo(f"  administrator's tokens: profiles of {local.config_file}")
    typer.echo(f"  its web pages, signed in once: {local.sign_in_address('prod')} (another: `make sign-in`)")
    if list(local.account().users.list(filter=f'userName eq "{DATA_SCIENTIST}"')):
        scientist = local.token_of(DATA_SCIENTIST)
        typer.echo(f"  data scientist {DATA_SCIENTIST}: {scientist}")
        typer.echo(f"  her Spark in dev: {local.spark_url('dev', scientist)}")
    typer.echo('  cdktf by hand: eval "$(make env)"; cdktf diff staging\n')


if __name__ == "__main__":
    cli()
