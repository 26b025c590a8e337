"""Carries out what a SQL statement means for the catalog, and gives back the text that Spark is to run."""

from __future__ import annotations

from rehearsal.compute.gateway import names
from rehearsal.compute.gateway.statement import NOTHING, Reference, Statement
from rehearsal.compute.gateway.tables import Tables


def run(statement: Statement, tables: Tables) -> str:
    """The statement for Spark. Raises Refusal."""
    if statement.answer is not None:
        return tables.answered(statement.answer)
    target = statement.references[0] if statement.references else None
    if target is not None and target.use == "CREATE" and statement.if_not_exists and tables.exists(_name(target)):
        return NOTHING
    if statement.handled and target is not None:
        _do(statement, target, tables)
        return NOTHING
    return statement.rewritten(lambda reference: _resolved(reference, statement, tables))


def _do(statement: Statement, target: Reference, tables: Tables) -> None:
    name = _name(target)
    if target.use == "DROP":
        tables.drop(name, statement.if_exists)
    elif statement.owner is not None:
        tables.change(name, owner=statement.owner)
    elif statement.comment is not None:
        tables.change(name, comment=statement.comment)
    else:
        raise AssertionError(f"nobody does {statement}")


def _resolved(reference: Reference, statement: Statement, tables: Tables) -> str:
    name = _name(reference)
    if reference.use == "CREATE":
        if statement.replace and tables.exists(name):
            location = tables.existing(name, "MODIFY", "MANAGE")
        else:
            location = tables.new(name, statement.comment, statement.properties)
    elif reference.use == "UPDATE":
        location = tables.existing(name, "SELECT", "MODIFY")
    else:
        location = tables.existing(name, reference.use)
    alias = f" AS {reference.alias}" if reference.alias else ""
    return names.delta(location) + alias


def _name(reference: Reference) -> str:
    return ".".join(reference.parts)
