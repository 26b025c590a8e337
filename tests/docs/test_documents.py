"""What README and docs/ name is there: files that links lead to, targets, commands with their options, paths."""

from __future__ import annotations

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.docs import markdown
from tests.docs.markdown import ROOT, documents

PATH = re.compile(
    r"(?:bench|cli|delivery|docs|environments|infra|notebooks|pipelines|rehearsal|setup|tests)/[\w./-]+",
)
TARGET = re.compile(r"\bmake ((?:[a-z][a-z-]*(?: |$))+)")
# Made by who follows the tutorial, or by a user's own model.
OF_THE_READER = ("environments/models/rain", "pipelines/models/rain", "rehearsal/play/world/samples/rain")


def by_name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@cache
def help_of(*command: str) -> str:
    done = subprocess.run([ROOT / "understudy", *command, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("file", documents(), ids=by_name)
def test_relative_links_lead_to_files(file: Path) -> None:
    relative = [link.partition("#")[0] for link in markdown.links(file) if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in relative if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("file", documents(), ids=by_name)
def test_targets_of_make_are_there(file: Path) -> None:
    named = {name for line in markdown.commands(file) for found in TARGET.findall(line) for name in found.split()}
    assert named - targets() == set()


@pytest.mark.parametrize("file", documents(), ids=by_name)
def test_commands_know_the_options_that_are_named(file: Path) -> None:
    for line in markdown.commands(file):
        if not line.startswith("./understudy "):
            continue
        command, *rest = shlex.split(line)[1:]
        if command.startswith("-"):
            continue
        known = help_of(command)
        for option in (word for word in rest if word.startswith("--") and word != "--help"):
            assert f"{option} " in known, f"{line}: no option {option}"


@pytest.mark.parametrize("file", [file for file in documents() if "decisions" not in file.parts], ids=by_name)
def test_paths_are_there(file: Path) -> None:
    named = {word.rstrip("/.") for word in markdown.words(file) if PATH.fullmatch(word)}
    lost = {path for path in named if not (ROOT / path).exists() and not path.startswith(OF_THE_READER)}
    assert lost == set()
    assert {path for path in named if path.startswith(OF_THE_READER)} == set() or file.name == "tutorial.md"


def test_what_is_checked_was_found() -> None:
    """A parser that finds nothing would pass all of the above."""
    readme = ROOT / "README.md"
    assert "docs/architecture.svg" in markdown.links(readme)
    assert any(line.startswith("make rehearse") for line in markdown.commands(readme))
    assert {"new-model", "doctor", "report"} <= {
        line.split()[1] for line in markdown.commands(ROOT / "docs" / "tutorial.md") if line.startswith("./understudy")
    }
