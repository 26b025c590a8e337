"""Command line: deliver to a new local workspace, story by story."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from environments import names
from environments.settings import load_environment, load_model
from rehearsal.play import deploy, streams, world
from rehearsal.play.delivery.github import GitHubServer, Repository
from rehearsal.play.delivery.remote import Remote
from rehearsal.play.delivery.runner import Runner
from rehearsal.play.delivery.stories import MODEL, STORIES, Stage, StoryError
from rehearsal.play.delivery.workflow import WorkflowError
from rehearsal.play.kafka.broker import BrokerError
from rehearsal.play.opening import deploy_all
from rehearsal.play.platform import LocalPlatform, PlatformError
from rehearsal.play.progress import Progress
from rehearsal.play.servers import Servers
from rehearsal.play.world.landing import land
from rehearsal.postgres.server import ServerError

# Each pull request runs only so much of its checks: all of them are what `make lint` and `make test` are for.
CHECKS = frozenset({"unit"})
UNIT = "tests/unit/delivery"
STACKS = (("account",), ("dev-workspace", "staging-workspace", "prod-workspace"), ("staging", "prod"))


def main(
    stories: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(STORIES)}; all by default.")] = None,
    home: Annotated[Path, typer.Option(help="Folder of everything that this makes.")] = Path(".understudy/delivery"),
    port_base: Annotated[int, typer.Option(help="First of the loopback ports.")] = 8440,
) -> None:
    """Rehearse delivery: a Git remote, GitHub's API and the workflows' jobs, on this machine."""
    chosen = stories or list(STORIES)
    if unknown := set(chosen) - STORIES.keys():
        typer.echo(f"stories: found {', '.join(sorted(unknown))}; expected some of {', '.join(STORIES)}", err=True)
        raise typer.Exit(2)
    typer.echo("The workflows' own files are run by this program: `act`, which does it too, is a Go program that is in")
    typer.echo("no package registry of Python's or Node's, and needs Docker.")
    local, progress, repository = LocalPlatform(home / "workspace", port_base), Progress(), Repository()
    servers = Servers(local)
    try:
        servers.stop()
        shutil.rmtree(local.home, ignore_errors=True)
        _prepare(servers, progress)
        with GitHubServer(repository) as github:
            remote = Remote(home.resolve() / "git")
            runner = Runner(
                checkout=remote.checkout,
                logs=home.resolve() / "logs",
                api_url=github.url,
                token=repository.token,
                signed_in=deploy.environment(local),
                hosts={name: local.host(name) for name in ("staging", "prod")},
                extra={"UNIT": UNIT, "MODELS": MODEL},
                only=CHECKS,
                say=typer.echo,
            )
            for name in chosen:
                with progress.step(f"story {name}: {(STORIES[name].__doc__ or '').strip()}"):
                    STORIES[name](Stage(remote, repository, runner, local))
    except (StoryError, WorkflowError, PlatformError, BrokerError, ServerError, deploy.DeployError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    finally:
        servers.stop()
    typer.echo(f"{len(chosen)} stories as they should be, in {progress.seconds:.0f} s; what steps printed: {home}/logs")


def _prepare(servers: Servers, progress: Progress) -> None:
    """What was there before delivery: the stacks deployed by hand, people, and staging's data of one model."""
    local, staging, model = servers.local, load_environment("staging"), load_model(MODEL)
    with progress.step("start the local workspace, a Kafka broker and a PostgreSQL server"):
        servers.start()
    known = deploy_all(local, progress, STACKS, staging.groups)
    for environment in (staging, load_environment("prod")):
        servers.let_in(environment)
        if model.streaming:
            streams.make_topics(servers.broker, environment, model)
    with progress.step(f"files of {MODEL} land in staging"):
        feed = known.feed(local, "staging")
        land(world.feed_of(MODEL), feed, names.landing_path(staging, model), world.MONTHS["staging"])


if __name__ == "__main__":
    typer.run(main)
