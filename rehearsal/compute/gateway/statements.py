"""Carries out what a SQL statement means for the catalog, and gives back the text that Spark is to run."""

from __future__ import annotations

from rehearsal.compute.gateway import functions, identity, moments, names, refusals, sql_calls, sql_text, views
from rehearsal.compute.gateway.statement import NOTHING, Answer, Call, Edit, Reference, Statement
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.errors import DatabricksError

_PRIVILEGES = {"SELECT": ("SELECT",), "MODIFY": ("MODIFY",), "UPDATE": ("SELECT", "MODIFY")}
_FILES = {"SELECT": "READ_VOLUME", "MODIFY": "WRITE_VOLUME", "UPDATE": "WRITE_VOLUME"}


def run(statement: Statement, tables: Tables) -> str:
    """The statement for Spark. Raises Refusal."""
    if statement.answer is not None:
        return _answered(statement.answer, tables)
    target = next((reference for reference in statement.references if reference.use == "CREATE"), None)
    if target is not None and statement.if_not_exists and tables.exists(tables.full_name(target.parts)):
        return NOTHING
    text = statement.rewritten(
        lambda reference: _resolved(reference, statement, tables), lambda call: _called(call, tables)
    )
    if statement.temporary_view:
        tables.make_temporary_view(statement.temporary_view)
    return text


def query(text: str, tables: Tables) -> str:
    """A query for Spark. Raises Refusal, for all that does more than read, too."""
    return run(sql_text.analyse_query(text), tables)


def expression(text: str, tables: Tables) -> str:
    """An expression for Spark. Raises Refusal."""
    return run(sql_text.analyse_expression(text), tables)


def _answered(answer: Answer, tables: Tables) -> str:
    """What Spark is to run for a statement that is understood from its words."""
    try:
        return answer(tables)
    except DatabricksError as error:
        raise refusals.from_catalog(error, "") from error


def _resolved(reference: Reference, statement: Statement, tables: Tables) -> str:
    alias = f" AS {reference.alias}" if reference.alias else ""
    if names.is_path(reference.parts):
        return _path(reference, tables)
    if reference.use != "CREATE" and tables.is_temporary(reference.parts):
        if tables.through:
            raise refusals.temporary_in_view(reference.parts[0], tables.through[0])
        tables.read_temporary(reference.parts[0])
        return names.quoted(reference.parts[0])
    name = tables.full_name(reference.parts)
    if reference.use == "CREATE":
        return names.delta(_created(name, statement, tables))
    if reference.use == "SELECT":
        view, location = views.read(name, tables)
        if view is None:
            return names.delta(location) + alias
        if reference.travels:
            raise refusals.unsupported("Time travel on a view")
        return f"({view}){alias}"
    return names.delta(tables.existing(name, *_PRIVILEGES[reference.use])) + alias


def _created(name: str, statement: Statement, tables: Tables) -> str:
    known = tables.exists(name)
    if statement.must_exist and not known:
        raise refusals.table_not_found(name)
    if statement.replace and known:
        return tables.replaced(name, statement.comment, statement.properties)
    return tables.new(name, statement.comment, statement.properties)


def _path(reference: Reference, tables: Tables) -> str:
    """A table that is a path: in a volume or an external location, if the principal may go there."""
    kind, path = reference.parts
    if reference.use == "CREATE":
        raise refusals.unsupported("A table made at a path")
    return f"{kind}.{names.quoted(tables.path(path, _FILES[reference.use]))}"


def _called(call: Call, tables: Tables) -> Edit | None:
    if len(call.parts) == 1 and call.parts[0].lower() in sql_calls.ANSWERED:
        return identity.edit(call, tables)
    if len(call.parts) == 1 and call.parts[0].lower() in sql_calls.MOMENTS:
        return moments.edit(call, tables)
    taught = functions.taught(call.parts, tables)
    return None if taught is None else (call.start, call.end, f"{taught}(")
