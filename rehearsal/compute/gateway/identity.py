"""What a statement asks about its caller and its place: `current_user()`, `is_member('…')`, `current_catalog()`."""

from __future__ import annotations

from rehearsal.compute.gateway import literals, sql_calls
from rehearsal.compute.gateway.refusals import unparsable
from rehearsal.compute.gateway.statement import Call, Edit
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.identity import directory


def answered(name: str, tables: Tables) -> str | None:
    """The text that a function without arguments stands for; None for other functions."""
    known = name.lower()
    if known in sql_calls.WHO:
        return tables.caller.name
    if known in sql_calls.CATALOG:
        return tables.session.catalog
    return tables.session.schema if known in sql_calls.SCHEMA else None


def groups(name: str, tables: Tables) -> list[str]:
    """Groups of the caller, as `is_member` (workspace's and account's) and `is_account_group_member` know them."""
    found = tables.caller.groups
    if name.lower() == "is_account_group_member":
        found = found - directory.SYSTEM_GROUPS
    return sorted(found)


def edit(call: Call, tables: Tables) -> Edit:
    """The call's answer in the place of the call. Raises Refusal."""
    name = call.parts[-1].lower()
    if name in sql_calls.MEMBER:
        listed = ", ".join(literals.text(group) for group in groups(name, tables))
        return call.start, call.end, f"array_contains(CAST(array({listed}) AS ARRAY<STRING>), "
    if call.close is None:
        raise unparsable(f"The function {name} takes no arguments.")
    return call.start, call.close, literals.text(answered(name, tables) or "")
