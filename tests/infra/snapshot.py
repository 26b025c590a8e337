"""The stacks as people review them: `make snapshot` writes tests/infra/snapshots, a test says when they are stale.

Prod is written whole; dev and staging only where they differ from it, once their names are all `<env>`. Left out is
what changes without meaning: the CDK's own notes, and the digest of the wheel.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from environments.settings import ENVIRONMENTS
from infra.wheel import find_wheel
from tests.infra.synthesis import ROOT, Stacks, read_stacks, run_infra

FOLDER = Path(__file__).parent / "snapshots"
WHOLE = "prod"
ABSENT = "(not here)"


def snapshots(stacks: Stacks) -> dict[str, str]:
    """File name and text of each stack's snapshot."""
    digest = find_wheel(ROOT / "dist").digest
    plain = {name: normalized(stack, digest) for name, stack in stacks.items()}
    written = {}
    for name, stack in plain.items():
        environment, _, layer = name.partition("-")
        model = "-".join([WHOLE, *([layer] if layer else [])])
        if environment not in ENVIRONMENTS or environment == WHOLE:
            head, document = f"Stack {name}", stack
        else:
            head = f"Stack {name}: like {model}.yaml with <env> = {environment}, except"
            document = unlike(anonymous(plain[model], WHOLE), anonymous(stack, environment))
        text = yaml.dump(document, Dumper=_Dumper, width=120, default_flow_style=None, allow_unicode=True)
        written[f"{name}.yaml"] = f"# {head}. Written by `make snapshot`; not for editing.\n{text}"
    return written


def normalized(value: Any, digest: str) -> Any:
    """The JSON without notes and digests, and with the JSON that it holds as text opened."""
    if isinstance(value, dict):
        return {key: normalized(item, digest) for key, item in sorted(value.items()) if key != "//"}
    if isinstance(value, list):
        return [normalized(item, digest) for item in value]
    if not isinstance(value, str):
        return value
    if value[:1] in ("{", "[") and (opened := _opened(value)) is not None:
        return normalized(opened, digest)
    return re.sub(r"(assets/\w+)/[0-9A-F]{32}/", r"\1/<hash>/", value.replace(digest, "<digest>"))


def anonymous(value: Any, environment: str) -> Any:
    """The same for whichever environment: its name, wherever it is a word, is `<env>`."""
    if isinstance(value, dict):
        return {anonymous(key, environment): anonymous(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [anonymous(item, environment) for item in value]
    if isinstance(value, str):
        return re.sub(rf"(?<![a-z]){environment}(?![a-z])|(?<=understudy){environment}", "<env>", value)
    return value


def unlike(model: Any, other: Any) -> Any:
    """What of `other` differs from the model, in its place."""
    if isinstance(model, dict) and isinstance(other, dict):
        return {
            key: unlike(model[key], other[key]) if key in model and key in other else other.get(key, ABSENT)
            for key in sorted(model.keys() | other.keys())
            if key not in model or key not in other or model[key] != other[key]
        }
    if isinstance(model, list) and isinstance(other, list) and len(model) == len(other):
        return {index: unlike(*pair) for index, pair in enumerate(zip(model, other, strict=True)) if pair[0] != pair[1]}
    return other


def _opened(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


class _Dumper(yaml.SafeDumper):
    """Text of several lines as such; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def main() -> None:
    """Write the files anew."""
    with tempfile.TemporaryDirectory() as scratch:
        result = run_infra(Path(scratch, "out"))
        if result.returncode:
            sys.exit(result.stderr)
        written = snapshots(read_stacks(Path(scratch, "out")))
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.yaml"):
        old.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"wrote {len(written)} files to {FOLDER.relative_to(ROOT)}; review them with git diff")


if __name__ == "__main__":
    main()
