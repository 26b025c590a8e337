"""docs/emulated.md: what the local workspace does of Databricks, what it does otherwise, what it refuses."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Set
from itertools import groupby
from pathlib import Path
from typing import Any

import rehearsal
from rehearsal.emulation import Notes
from rehearsal.reference.asked import Ask, served
from rehearsal.reference.own_routes import own_routes
from rehearsal.reference.sdk_methods import SdkMethod, sdk_methods

FILE = Path(__file__).parents[2] / "docs" / "emulated.md"
_INTRODUCTION = """\
# What is emulated

The local workspace answers the requests of stock clients. This page says how far that goes: first what each service
does, what it does otherwise and what it refuses, then which methods of databricks-sdk have a route; some routes only
refuse, as their service says. It is generated (`make docs`), and a test fails when it is stale. What is not named here
is not there: a request without a route gets 404 `ENDPOINT_NOT_FOUND`.
"""


def notes() -> list[tuple[str, Notes]]:
    """(module, notes) of every service that has a module `emulation`, in order of title."""
    packages = [module.name for module in pkgutil.walk_packages(rehearsal.__path__, "rehearsal.")]
    # The runtime's folder is no package of ours: its own packages are those of a task's process.
    names = ["rehearsal.runtime.emulation", *(name for name in packages if name.endswith(".emulation"))]
    found = [(name, importlib.import_module(name).NOTES) for name in names if name != "rehearsal.emulation"]
    return sorted(found, key=lambda pair: pair[1].title.lower())


def page(ask: Ask, documents: Iterable[dict[str, Any]]) -> str:
    """The whole page, as Markdown.

    Args:
        ask: asks a running workspace, and answers a method's request.
        documents: the OpenAPI documents of a workspace and of the account.
    """
    sections = [_section(note) for _, note in notes()]
    return "\n".join([_INTRODUCTION, *sections, _sdk_section(ask), _own_section(documents)])


def _section(note: Notes) -> str:
    lines = [f"## {note.title}", "", note.summary, ""]
    for heading, entries in (
        ("Works", note.works),
        ("Differs from Databricks", note.differs),
        ("Refused, with a message", note.refused),
    ):
        if entries:
            lines += [f"**{heading}**", "", *(f"- {entry}" for entry in entries), ""]
    return "\n".join(lines)


def _sdk_section(ask: Ask) -> str:
    methods = sdk_methods()
    known = served(methods, ask)
    lines = [
        "## Methods of databricks-sdk",
        "",
        f"{len(known)} of the {len(methods)} methods of `WorkspaceClient` (`w`) and `AccountClient` (`a`) that make a",
        "request of their own have a route. APIs of which none has are left out.",
        "",
        "| API | has a route | has none |",
        "|---|---|---|",
    ]
    for (client, api), group in groupby(methods, key=lambda method: (method.client, method.api)):
        members = list(group)
        if any(method in known for method in members):
            lines.append(f"| `{client}.{api}` | {_names(members, known, True)} | {_names(members, known, False)} |")
    return "\n".join([*lines, ""])


def _names(members: list[SdkMethod], known: Set[SdkMethod], wanted: bool) -> str:
    return ", ".join(method.name for method in members if (method in known) is wanted)


def _own_section(documents: Iterable[dict[str, Any]]) -> str:
    lines = [
        "## The rehearsal's own routes",
        "",
        "Databricks has none of these; code that runs on Databricks never calls them.",
        "",
        "| route | what it does |",
        "|---|---|",
        *(f"| `{verb} {path}` | {text} |" for verb, path, text in own_routes(documents)),
        "",
    ]
    return "\n".join(lines)
