"""Command line of the local workspace: serve it, or make a token as a person would in the web page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rehearsal.postgres.server import HOST
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.identity import bootstrap, tokens
from rehearsal.workspace.store import Store, state_file
from rehearsal.workspace.ui import session
from rehearsal.workspace.unity_catalog import storage

Home = Annotated[Path, typer.Option(help="Folder that holds the platform's state.")]
cli = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@cli.command()
def serve(
    home: Home = Path(".understudy"),
    port_base: Annotated[int, typer.Option(help="First of the loopback ports (21 are used).")] = 8440,
    without: Annotated[list[str] | None, typer.Option(help="Leave a part out: compute.")] = None,
    metastore_id: Annotated[str, typer.Option(help="Id of the account's one metastore.")] = storage.METASTORE_ID,
    begin: Annotated[datetime | None, typer.Option(help="Time (UTC) with which a new home's clock begins.")] = None,
) -> None:
    """Serve the account, three workspaces and their Spark gateways until terminated."""
    from rehearsal.workspace import server  # here: the other commands need not wait for all of it

    start = begin.replace(tzinfo=UTC) if begin else None
    server.serve(home.resolve(), port_base, frozenset(without or ()), metastore_id, start)


@cli.command()
def token(principal: str, home: Home = Path(".understudy"), lifetime_seconds: int = 24 * 3600) -> None:
    """Print a new personal access token of PRINCIPAL (e-mail or application id)."""
    store = Store(state_file(home.resolve()))
    try:
        with store.transaction() as tx:
            text = tokens.issue(tx, principal, lifetime_seconds, "made on the command line")
    except DatabricksError as error:
        typer.echo(f"{principal}: {error.message}", err=True)
        raise typer.Exit(1) from error
    typer.echo(text)


@cli.command()
def online_reader(
    store: str,
    workspace: str = "prod",
    home: Home = Path(".understudy"),
    port_base: Annotated[int, typer.Option(help="First of the workspace's ports.")] = 8440,
) -> None:
    """Print how any PostgreSQL client reads the online store STORE."""
    from psycopg.conninfo import make_conninfo  # both here: the other commands need neither

    from rehearsal.workspace.online_store import stores

    try:
        with Store(state_file(home.resolve())).transaction() as tx:
            access = stores.access_of(stores.find(tx, workspace, store))
    except DatabricksError as error:
        typer.echo(f"{store}: {error.message}", err=True)
        raise typer.Exit(1) from error
    reader = make_conninfo(
        host=HOST,
        port=Ports(port_base).postgres,
        dbname=access.database,
        user=access.role,
        password=access.password,
        sslmode="disable",
    )
    typer.echo(reader)


@cli.command()
def sign_in(
    principal: Annotated[str, typer.Argument()] = bootstrap.ADMIN,
    workspace: str = "prod",
    home: Home = Path(".understudy"),
    port_base: Annotated[int, typer.Option(help="First of the workspace's ports.")] = 8440,
    lifetime_seconds: int = 3600,
) -> None:
    """Print an address of the web pages that signs PRINCIPAL in, once."""
    store = Store(state_file(home.resolve()))
    try:
        with store.transaction() as tx:
            code = session.make_code(tx, principal, lifetime_seconds)
    except DatabricksError as error:
        typer.echo(f"{principal}: {error.message}", err=True)
        raise typer.Exit(1) from error
    host = Platform(home, store, Ports(port_base)).host(workspace)
    typer.echo(f"{host}/ui/sign-in#{code}")


if __name__ == "__main__":
    cli()
