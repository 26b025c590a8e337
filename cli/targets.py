"""Commands that are targets of the Makefile, which knows how to set up what they need."""

from __future__ import annotations

import subprocess
from typing import Annotated

import typer

from cli import ROOT
from environments.mistakes import exit_on_mistakes
from environments.settings import ENVIRONMENTS, load_model

PortBase = Annotated[int, typer.Option(envvar="PORT_BASE", help="First of the loopback ports.")]


@exit_on_mistakes()
def rehearse(
    model: Annotated[list[str] | None, typer.Option(help="Live through this model alone; may be repeated.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Monitor all models, in staging too, and move traffic to new versions.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the local workspace up.")] = False,
    port_base: PortBase = 8440,
) -> None:
    """Deploy all stacks to a local Databricks and live through a release (make rehearse).

    \b
    Examples:
      ./understudy rehearse
      ./understudy rehearse --model rain --whole --keep
    """
    for name in model or []:
        load_model(name, ROOT / "environments")
    words = [f"MODELS={' '.join(model)}"] if model else []
    words += ["WHOLE=1"] if whole else []
    words += ["KEEP=1"] if keep else []
    _make("rehearse", *words, f"PORT_BASE={port_base}")


def plan(
    name: Annotated[str, typer.Argument(help="dev, staging or prod: both of its stacks; else a stack: account.")],
) -> None:
    """Tell what deploying would change, who gains or loses access, and what has drifted (make plan).

    Signs in as you do, or to a local workspace after eval "$(make env)".

    \b
    Examples:
      ./understudy plan staging
      ./understudy plan account
    """
    _make("plan", f"ENV={name}" if name in ENVIRONMENTS else f"STACK={name}")


def _make(target: str, *words: str) -> None:
    """Run a target and end as it ends."""
    raise typer.Exit(subprocess.run(["make", "--no-print-directory", target, *words], cwd=ROOT).returncode)
