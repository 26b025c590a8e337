"""The rows as tables on a terminal or in a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console, ConsoleRenderable, Group
from rich.table import Table
from rich.text import Text

from infra.plan.access import AccessChange
from infra.plan.changes import Change

WIDTH_IN_LOGS = 140
_COLOURS = {"create": "green", "update": "yellow", "replace": "magenta", "destroy": "red"}
_GUARDS = {
    "refused": "PROTECTED: Terraform refuses",
    "left": "NOT PROTECTED ANY MORE: it has left the configuration, and what it holds is destroyed",
}


def console() -> Console:
    """Standard output; a log has no width of its own."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH_IN_LOGS)


def changes_table(rows: Sequence[Change]) -> ConsoleRenderable:
    """Resource, action, and what changes from what to what; alike ones that come or go whole share a row."""
    table = _table("what would change", ("action", "resource", "name", "change"))
    for (action, type_, whole), group in groupby(sorted(rows, key=_order), key=_alike):
        alike = list(group)
        colour = _COLOURS.get(action, "")
        if whole:
            names = ", ".join(_distinct(alike))
            count = f" × {len(alike)}" if len(alike) > 1 else ""
            table.add_row(Text(action, colour), f"{type_}{count}", Text(names), "")
            continue
        for row in alike:
            table.add_row(Text(row.action, colour), row.type, Text(row.name), _detail(row))
    return table


def drift_table(rows: Sequence[Change]) -> ConsoleRenderable:
    """What was changed outside Terraform."""
    table = _table("changed outside Terraform", ("what was done", "resource", "name", "change"))
    words = {"destroy": "deleted", "update": "changed", "create": "created"}
    for row in rows:
        table.add_row(Text(words.get(row.action, row.action), "red"), row.type, Text(row.name), _detail(row))
    return table


def access_table(rows: Sequence[AccessChange]) -> ConsoleRenderable:
    """Who gains and loses what."""
    table = _table("who gains or loses which access", ("principal", "on", "+ gains", "− loses"))
    for row in rows:
        table.add_row(
            Text(row.principal),
            Text(f"{row.kind} {', '.join(row.securables)}"),
            Text(", ".join(row.gained), "green"),
            Text(", ".join(row.lost), "red"),
        )
    return table


def stack_report(stack: str, parts: Iterable[ConsoleRenderable], last: str) -> ConsoleRenderable:
    """All that is said of a stack."""
    return Group(Text(f"\n{stack}", "bold"), *parts, Text(last))


def summary(rows: Sequence[Change]) -> str:
    """Such as `2 to create, 1 to destroy`."""
    counts = {action: sum(row.action == action for row in rows) for action in dict.fromkeys(row.action for row in rows)}
    return ", ".join(f"{count} to {action}" for action, count in sorted(counts.items())) or "no changes"


def _detail(row: Change) -> Text:
    lines = [Text(_GUARDS[row.guard], "bold red")] if row.guard else []
    for difference in row.differences:
        cause = " (replaces it)" if difference.path in row.replaced_for else ""
        lines.append(Text.assemble(f"{difference.path}: {difference.old} → {difference.new}", (cause, "magenta")))
    if not lines and row.action == "update":
        lines.append(Text("its access, see below"))
    return Text("\n").join(lines)


def _distinct(rows: Sequence[Change]) -> list[str]:
    """What the platform calls them, unless it calls several the same: then what the stack calls them."""
    names = [row.name for row in rows]
    return names if len(set(names)) == len(names) else [row.address.partition(".")[2] for row in rows]


def _order(row: Change) -> tuple[bool, str, str, bool, str]:
    return (not row.guard, row.action, row.type, bool(row.differences), row.address)


def _alike(row: Change) -> tuple[str, str, bool]:
    return row.action, row.type, row.action in ("create", "destroy") and not row.guard


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="italic", show_lines=False, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in ("action", "what was done"))
    return table
