"""The generated pages: as fresh as the code, and complete."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from environments.consistency import load_all
from infra.access_matrix import access_matrix
from infra.reference.pages import FOLDER, pages
from infra.reference.purposes import PURPOSES
from infra.reference.settings_page import FILES, nested_models
from infra.wheel import find_wheel
from tests.infra.synthesis import ROOT, Stacks


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages as they would be written now."""
    return pages(load_all(), find_wheel(ROOT / "dist"))


def test_the_pages_are_those_that_the_code_makes(made: dict[str, str]) -> None:
    written = {file.name: file.read_text() for file in FOLDER.glob("*.md")}
    stale = sorted(name for name in made.keys() | written.keys() if made.get(name) != written.get(name))
    assert stale == [], "run `make docs`"


def test_they_are_linked_from_the_readme(made: dict[str, str]) -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in made if f"(docs/reference/{name})" not in readme] == []


def test_every_resource_of_every_stack_is_listed(made: dict[str, str], stacks: Stacks) -> None:
    listed = set(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", made["resources.md"], re.MULTILINE))
    there = {
        (kind, re.sub(rf"(?<![a-z]){name.partition('-')[0]}(?![a-z])", "<env>", identifier))
        for name, stack in stacks.items()
        for kind, resources in stack["resource"].items()
        for identifier in resources
    }
    assert listed == there


def test_every_kind_of_resource_has_a_purpose_and_no_other(stacks: Stacks) -> None:
    assert set(PURPOSES) == {kind for stack in stacks.values() for kind in stack["resource"]}


def test_every_grant_and_its_reason_are_on_the_page(made: dict[str, str]) -> None:
    settings = load_all()
    for environment in settings.environments.values():
        section = made["access.md"].partition(f"\n## {environment.name}\n")[2].partition("\n## ")[0]
        rows = [line for line in section.partition("### Why")[2].splitlines() if line.startswith("|")]
        for grant in access_matrix(environment, settings.models, settings.environments.values()):
            (row,) = (
                line
                for line in rows
                if line.startswith(f"| {grant.principal} |")
                and line.endswith(f"| {grant.why} |")
                and f"`{grant.securable}`" in line
                and f"| {', '.join(grant.privileges).replace('_', ' ')} |" in line
            )
            assert grant.kind.replace("_", " ") in row


def models() -> Iterator[type[BaseModel]]:
    for model in FILES.values():
        yield model
        yield from (nested for _, nested in nested_models(model))


@pytest.mark.parametrize("model", dict.fromkeys(models()), ids=lambda model: model.__name__)
def test_every_setting_says_what_it_means(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []
