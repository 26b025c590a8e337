"""Who would gain or lose which access: what all resources give before and after the plan, compared as a whole.

So a grant that moves from one resource to another, or a resource that is made anew with the same grants, is no change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from infra.plan.changes import Plan, name_of, planned_values
from infra.plan.holdings import READERS, Holding
from infra.plan.labels import Labels
from infra.plan.values import UNKNOWN


@dataclass(frozen=True)
class AccessChange:
    """What a principal gains and loses on securables of a kind; the same on each of them."""

    principal: str
    kind: str
    securables: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def access_changes(plan: Plan, labels: Labels) -> list[AccessChange]:
    """The changes, sorted by principal."""
    before: set[Holding] = set()
    after: set[Holding] = set()
    for resource in plan.get("resource_changes", []):
        if resource["mode"] == "managed":
            before |= set(_held(resource, resource["change"].get("before")))
            after |= set(_held(resource, _with_references(plan, resource)))
    before, after = {_named(held, labels) for held in before}, {_named(held, labels) for held in after}

    gained: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    lost: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for holdings, change in ((after - before, gained), (before - after, lost)):
        for held in holdings:
            change[(held.principal, held.kind, held.securable)].add(held.privilege)

    alike: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for key in sorted(gained.keys() | lost.keys()):
        principal, kind, securable = key
        alike[(principal, kind, tuple(sorted(gained[key])), tuple(sorted(lost[key])))].append(securable)
    return [
        AccessChange(principal, kind, tuple(securables), plus, minus)
        for (principal, kind, plus, minus), securables in alike.items()
    ]


def _held(resource: Mapping[str, Any], values: Mapping[str, Any] | None) -> Iterator[Holding]:
    if not values:
        return
    if reader := READERS.get(resource["type"]):
        yield from reader(values)
    # Whoever owns a securable of Unity Catalog may do everything with it, and needs no grant. One that goes, or is made
    # anew, says nothing of owners: the platform makes its creator the owner where none is set.
    owner = values.get("owner")
    if isinstance(owner, str) and owner != UNKNOWN and "delete" not in resource["change"]["actions"]:
        kind = resource["type"].removeprefix("databricks_").removeprefix("sql_").replace("_", " ")
        yield Holding(owner, kind, name_of(resource), "OWNER")


def _named(held: Holding, labels: Labels) -> Holding:
    return replace(
        held, principal=labels.principal(held.principal), securable=labels.securable(held.kind, held.securable)
    )


def _with_references(plan: Plan, resource: Mapping[str, Any]) -> dict[str, Any] | None:
    """The planned values; where one is not known yet, the address of the resource that it will come from."""
    values = planned_values(resource)
    if values is None:
        return None
    for configured in plan.get("configuration", {}).get("root_module", {}).get("resources", []):
        if configured["address"] == resource["address"]:
            return {name: _resolved(value, configured["expressions"].get(name)) for name, value in values.items()}
    return values


def _resolved(value: Any, expression: Any) -> Any:
    if value == UNKNOWN and isinstance(expression, Mapping) and expression.get("references"):
        return expression["references"][-1]
    if isinstance(value, list) and isinstance(expression, list):
        # A set's items come in an order of their own: a reference is theirs when all that the attribute has is one.
        return [
            {name: _resolved(inner, _only(expression, name)) for name, inner in item.items()}
            if isinstance(item, Mapping)
            else item
            for item in value
        ]
    return value


def _only(expressions: list[Any], name: str) -> Any:
    references = [
        block[name] for block in expressions if isinstance(block.get(name), Mapping) and "references" in block[name]
    ]
    return references[0] if len({item["references"][-1] for item in references}) == 1 else None
