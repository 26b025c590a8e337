"""A plan as a section of the comment on a pull request: what would change, who gains or loses access, what drifted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from delivery.digest import NOTHING
from delivery.plans import EnvironmentPlan
from delivery.text import cut, table
from environments import names
from environments.settings import ENVIRONMENTS, load_environment
from infra.plan.__main__ import told
from infra.plan.access import access_changes
from infra.plan.changes import Change, changes, drift, outputs
from infra.plan.labels import Labels
from infra.plan.protection import protection
from infra.plan.tables import summary
from infra.plan.terraform import Planned

_GUARDS = {
    "refused": "**PROTECTED: Terraform refuses.** ",
    "left": "**NOT PROTECTED ANY MORE: it has left the configuration, and what it holds is destroyed.** ",
}


def section(plan: EnvironmentPlan, commit: str, url: str) -> str:
    """All that is said of an environment."""
    digest = plan.digest
    read = "nothing would change" if digest == NOTHING else f"digest `{digest}`"
    head = f"### Plan of {plan.environment}\n\nCommit {commit}, {read}."
    parts = [part for planned in plan.stacks for part in _stack(planned)]
    return cut("\n\n".join([head, *parts]), f"[in the log]({url})")


def summaries(plan: EnvironmentPlan) -> str:
    """In a line: what happens to how many resources of which stack."""
    return "; ".join(f"{planned.stack}: {summary(_changes(planned))}" for planned in plan.stacks)


def _stack(planned: Planned) -> Iterator[str]:
    yield f"**{planned.stack}**: {summary(_changes(planned))}"
    yield from (f"Terraform refuses: {told(error)}" for error in planned.errors)
    service_principals = {name: names.service_principal(load_environment(name)) for name in ENVIRONMENTS}
    if access := access_changes(planned.plan, Labels(planned.plan, service_principals)):
        yield "Who gains or loses which access:"
        yield table(
            ("principal", "on", "+ gains", "− loses"),
            (
                (row.principal, f"{row.kind} {', '.join(row.securables)}", ", ".join(row.gained), ", ".join(row.lost))
                for row in access
            ),
        )
    if rows := [*_changes(planned), *outputs(planned.plan)]:
        yield f"<details><summary>What would change ({len(rows)})</summary>"
        yield table(("action", "resource", "name", "change"), _rows(rows))
        yield "</details>"
    if drifted := drift(planned.plan):
        yield "Changed outside Terraform:"
        yield table(("what was done", "resource", "name", "change"), _rows(drifted))


def _changes(planned: Planned) -> list[Change]:
    return changes(planned.plan, protection(planned.configuration))


def _rows(rows: Sequence[Change]) -> Iterator[tuple[str, str, str, str]]:
    """One each, those first that Terraform guards; alike ones that come or go whole share a row."""

    def kind(row: Change) -> tuple[bool, str, str, bool]:
        return (not row.guard, row.action, row.type, bool(row.differences))

    for (unguarded, action, type_, differs), group in groupby(sorted(rows, key=kind), key=kind):
        alike = list(group)
        if unguarded and not differs:
            counted = f"{type_} × {len(alike)}" if len(alike) > 1 else type_
            yield action, counted, ", ".join(row.name for row in alike), ""
            continue
        for row in alike:
            differing = "\n".join(f"{item.path}: {item.old} → {item.new}" for item in row.differences)
            yield action, type_, row.name, f"{_GUARDS[row.guard] if row.guard else ''}{differing}"
