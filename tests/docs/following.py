"""Does what the tutorial says, in a checkout: its files are written, its settings' keys replaced, its commands run."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.docs.markdown import Block, blocks
from tests.rehearsal.checkout import plain_environment

KEY = re.compile(r"^\w+:", re.MULTILINE)


def follow(root: Path, document: Path, commands: Sequence[str]) -> list[str]:
    """Write the files of a document, and run those of its commands that begin so, in its order; what each printed."""
    printed = []
    for block in blocks(document):
        if block.title:
            write(root, block)
        elif block.text.startswith(tuple(commands)):
            done = run(root, block.text)
            assert done.returncode == 0, f"{block.text}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            printed.append(done.stdout)
    assert len(printed) == len(commands)
    return printed


def write(root: Path, block: Block) -> None:
    """Write the file that a block shows; of settings, the keys that it shows."""
    file = root / block.title
    text = replaced(file.read_text(), block.text) if block.language == "yaml" else block.text
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def replaced(settings: str, keys: str) -> str:
    """The settings with these top-level keys in the place of theirs; new ones come last."""
    for key in _parts(keys):
        name = key.partition(":")[0]
        there = next((part for part in _parts(settings) if part.startswith(f"{name}:")), None)
        settings = settings.replace(there, key.rstrip() + "\n\n") if there else f"{settings.rstrip()}\n\n{key}"
    return settings


def run(root: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's line there."""
    return subprocess.run(["bash", "-c", command], cwd=root, env=plain_environment(), capture_output=True, text=True)


def _parts(text: str) -> list[str]:
    starts = [match.start() for match in KEY.finditer(text)]
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
