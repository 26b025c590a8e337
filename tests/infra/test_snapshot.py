"""The reviewed snapshots are those of the stacks, and hide nothing but notes and digests."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml

from environments.settings import ENVIRONMENTS
from tests.infra.snapshot import ABSENT, FOLDER, WHOLE, anonymous, normalized, snapshots, unlike
from tests.infra.synthesis import Stacks

LONGEST_DIFFERENCE = 120


def difference(name: str, reviewed: str, now: str) -> str:
    lines = list(
        difflib.unified_diff(reviewed.splitlines(), now.splitlines(), f"{name} as reviewed", f"{name} now", lineterm="")
    )
    more = [f"… and {len(lines) - LONGEST_DIFFERENCE} lines more"] if len(lines) > LONGEST_DIFFERENCE else []
    return "\n".join([*lines[:LONGEST_DIFFERENCE], *more])


def test_the_stacks_are_as_reviewed(stacks: Stacks) -> None:
    now = snapshots(stacks)
    reviewed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}
    stale = [name for name in sorted(now.keys() | reviewed.keys()) if now.get(name) != reviewed.get(name)]
    if stale:
        shown = "\n\n".join(difference(name, reviewed.get(name, ""), now.get(name, "")) for name in stale)
        pytest.fail(f"{shown}\n\nIf this is meant: `make snapshot`, and review it with git diff.", pytrace=False)


def put_back(model: Any, differences: Any) -> Any:
    """The inverse of `unlike`."""
    if isinstance(differences, dict) and isinstance(model, list):
        return [
            put_back(item, differences[index]) if index in differences else item for index, item in enumerate(model)
        ]
    if isinstance(differences, dict) and isinstance(model, dict):
        changed = {
            key: put_back(model[key], item) if key in model else item
            for key, item in differences.items()
            if item != ABSENT
        }
        return {key: item for key, item in (model | changed).items() if differences.get(key) != ABSENT}
    return differences


@pytest.mark.parametrize("environment", [name for name in ENVIRONMENTS if name != WHOLE])
@pytest.mark.parametrize("layer", ["", "-workspace"])
def test_what_is_told_of_dev_and_staging_is_all_that_differs(environment: str, layer: str, stacks: Stacks) -> None:
    model, own = (anonymous(normalized(stacks[f"{name}{layer}"], "no digest"), name) for name in (WHOLE, environment))
    told = yaml.safe_load(yaml.safe_dump(unlike(model, own)))
    assert put_back(model, told) == own


def test_notes_digests_and_places_of_assets_are_left_out() -> None:
    value = {
        "//": {"metadata": {}},
        "source": "assets/understudy/805ACFDE47CDE01E37B9070526C7D036/w",
        "path": "/c25b/w",
    }
    assert normalized(value, "c25b") == {"source": "assets/understudy/<hash>/w", "path": "/<digest>/w"}


def test_an_environments_name_is_left_out_where_it_is_a_word() -> None:
    assert anonymous("dev-x device /dev/y dev.t_dev", "dev") == "<env>-x device /<env>/y <env>.t_<env>"
