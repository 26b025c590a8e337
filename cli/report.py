"""`./understudy report`: where the reports of the last rehearsal and year are, and what came of them."""

from __future__ import annotations

import html
import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import ROOT


class Which(StrEnum):
    """The reports that there are."""

    REHEARSAL = "rehearsal"
    YEAR = "year"


FOLDERS = {Which.REHEARSAL: "workspace", Which.YEAR: "year"}
MAKERS = {Which.REHEARSAL: "./understudy rehearse", Which.YEAR: "make year"}
VERDICT = re.compile(r'<p class="verdict \w+">([^<]*)</p>')


def command(
    which: Annotated[Which | None, typer.Argument(help="Which one; without it, those there are.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Tell where the reports of the last rehearsal and of the last year are, and how they ended.

    \b
    Examples:
      ./understudy report
      ./understudy report rehearsal --open
    """
    wanted = [which] if which else list(Which)
    there = [(name, file) for name in wanted if (file := _file(name)).exists()]
    if not there:
        makers = " or ".join(f"`{MAKERS[name]}`" for name in wanted)
        typer.echo(f"no report of a {' or '.join(wanted)} yet: {makers} writes one", err=True)
        raise typer.Exit(1)
    for name, file in there:
        written = datetime.fromtimestamp(file.stat().st_mtime)
        typer.echo(f"{name}, {written:%Y-%m-%d %H:%M}: {_verdict(file)}\n  {file.as_uri()}")
        if show:
            typer.launch(str(file))


def _file(which: Which) -> Path:
    return ROOT / ".understudy" / FOLDERS[which] / "report.html"


def _verdict(file: Path) -> str:
    found = VERDICT.search(file.read_text(encoding="utf-8"))
    return html.unescape(found[1]) if found else "says nothing of how it ended"
