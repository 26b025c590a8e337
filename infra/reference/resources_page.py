"""The page of all resources: type, name and purpose of each, stack by stack; from the synthesized JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.reference.markdown import code, page, table
from infra.reference.purposes import PURPOSES

Stack = Mapping[str, Any]
NAMES = ("name", "display_name", "policy_name")
DESCRIPTIONS = ("comment", "description", "custom_description")
PLACEHOLDER = "<env>"
INTRODUCTION = """\
The environments have the same resources, as one class makes them: they are told once, with `<env>` for the
environment's name. The identifier is Terraform's; the name is the one on Databricks or Azure, where it is known before
anything is made."""


def resources_page(stacks: Mapping[str, Stack], environments: Sequence[str]) -> str:
    """The page; `stacks` are the synthesized ones by name."""
    blocks = [INTRODUCTION]
    for title, members in _layers(stacks, environments).items():
        rows: dict[tuple[str, str], dict[str, list[str]]] = {}
        for name, environment in members.items():
            for kind, identifier, said in _resources(stacks[name], environment):
                rows.setdefault((kind, identifier), {})[environment] = said
        blocks += [f"## {code(title)}", _table(rows, list(members.values()))]
    return page("Resources", *blocks)


def _layers(stacks: Mapping[str, Stack], environments: Sequence[str]) -> dict[str, dict[str, str]]:
    """Title of a layer -> its stacks' names, each with its environment ("" when it belongs to all)."""
    layers: dict[str, dict[str, str]] = {}
    for name in sorted(stacks, key=lambda name: (name in environments, "-" in name, name)):
        environment = next((other for other in environments if name.split("-")[0] == other), "")
        layers.setdefault(_anonymous(name, environment), {})[name] = environment
    return layers


def _resources(stack: Stack, environment: str) -> Iterator[tuple[str, str, list[str]]]:
    """Type, identifier, and name with purpose, of each resource."""
    for kind, resources in stack["resource"].items():
        for identifier, attributes in resources.items():
            name = next((attributes[key] for key in NAMES if key in attributes), "")
            own = next((attributes[key] for key in DESCRIPTIONS if attributes.get(key)), "")
            said = ["" if "${" in name else code(name) if name else "", own or PURPOSES[kind]]
            yield kind, _anonymous(identifier, environment), [_anonymous(text, environment) for text in said]


def _table(rows: Mapping[tuple[str, str], Mapping[str, list[str]]], environments: list[str]) -> str:
    """A row a resource; where not all environments have it, which do."""

    def line(key: tuple[str, str]) -> list[str]:
        there = rows[key]
        name, purpose = there[next(environment for environment in reversed(environments) if environment in there)]
        only = "" if len(there) == len(environments) else f" (in {', '.join(there)} only)"
        return [code(key[0]), code(key[1]), name, purpose.replace(PLACEHOLDER, code(PLACEHOLDER)) + only]

    return table(["type", "identifier", "name", "purpose"], [line(key) for key in sorted(rows)])


def _anonymous(text: str, environment: str) -> str:
    """The same for whichever environment."""
    if not environment:
        return text
    # Names of storage accounts have no room for hyphens: understudyprod.
    return re.sub(rf"(?<![a-z]){environment}(?![a-z])|(?<=understudy){environment}(?![a-z])", PLACEHOLDER, text)
