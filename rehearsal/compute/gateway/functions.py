"""Functions of the catalog in SQL: `CREATE FUNCTION`, `DROP FUNCTION`, and calls of them by who may execute them.

Spark is taught a function when somebody first calls it in a session: as a temporary function under a name that says
which definition it is, so that a function that changes is taught anew. Its body runs with the owner's rights.
"""

from __future__ import annotations

import hashlib
import json
import re

from databricks.sdk.service.catalog import FunctionInfo, FunctionInfoRoutineBody, FunctionParameterInfo

from rehearsal.compute.gateway import names, refusals, views
from rehearsal.compute.gateway.column_types import type_name
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import NOTHING, Answer
from rehearsal.compute.gateway.tables import Tables
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import access, securables
from rehearsal.workspace.unity_catalog import functions as catalog_functions
from rehearsal.workspace.unity_catalog.privileges import FUNCTION

_CATALOG, _SCHEMA = "function.catalog", "function.schema"
_TYPE = re.compile(r"[\w\s<>,:()`]+")
_DETERMINISM = ("NOT DETERMINISTIC", "DETERMINISTIC", "CONTAINS SQL", "READS SQL DATA", "LANGUAGE SQL")


def read(words: Words) -> Answer | None:
    """How the statement is answered, if it is one of these. Raises Refusal."""
    replace = words.skip("CREATE", "OR", "REPLACE", "FUNCTION")
    if replace or words.skip("CREATE", "FUNCTION"):
        return _create(words, replace)
    return _drop(words) if words.skip("DROP", "FUNCTION") else None


def taught(parts: list[str], tables: Tables) -> str | None:
    """The name under which Spark knows the function of the catalog; None for Spark's own. Raises Refusal."""
    name = tables.full_name(parts)
    try:
        with tables.platform.store.transaction() as tx:
            if len(parts) == 1 and securables.read(tx, FUNCTION, name) is None:
                return None
            access.require(tx, tables.principal, FUNCTION, name, "EXECUTE")
            function = catalog_functions.find(tx, name)
    except DatabricksError as error:
        raise refusals.from_catalog(error, name) from error
    if function.routine_body != FunctionInfoRoutineBody.SQL:
        raise refusals.unsupported("A function in Python, within SQL,")
    signature = _signature(function)
    body = _body(function, tables)
    text = f"({signature}) RETURNS {function.full_data_type} RETURN {body}"
    known = f"{names.RESERVED}_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    if known not in tables.session.functions:
        tables.spark.run(f"CREATE OR REPLACE TEMPORARY FUNCTION {known} {text}")
        tables.session.functions.add(known)
    return known


def _signature(function: FunctionInfo) -> str:
    return ", ".join(
        f"{names.quoted(parameter.name)} {parameter.type_text}"
        + (f" DEFAULT {parameter.parameter_default}" if parameter.parameter_default else "")
        for parameter in catalog_functions.parameters(function)
    )


def _body(function: FunctionInfo, tables: Tables) -> str:
    """The expression, which may read tables with the owner's rights."""
    name = str(function.full_name)
    if name in tables.through:
        raise refusals.unsupported(f"The function {name}, which calls itself,")
    catalog, schema, _ = name.split(".")
    kept = json.loads(function.properties or "{}")
    owner = views.owner(str(function.owner), tables)
    inner = tables.for_view(name, owner, kept.get(_CATALOG, catalog), kept.get(_SCHEMA, schema))
    return inner.expression(str(function.routine_definition))


def _create(words: Words, replace: bool) -> Answer:
    if_not_exists = words.skip("IF", "NOT", "EXISTS")
    parts = words.parts()
    parameters = _parameters(words)
    words.expect("RETURNS")
    start = words.place()
    returns, comment = "", None
    while not words.skip("RETURN"):
        before = words.place()
        if words.skip("COMMENT"):
            returns, comment = returns or words.text[start:before], words.string("a comment")
        elif words.skip_any(*_DETERMINISM):
            returns = returns or words.text[start:before]
        elif returns:
            raise words.wrong("RETURN and an expression")
        else:
            words.one("RETURN and an expression")
            continue
    returns = (returns or words.text[start : words.behind() - len("RETURN")]).strip()
    body = words.rest()
    if returns.upper() == "TABLE" or returns.upper().startswith("TABLE("):
        raise refusals.unsupported("A function that returns a table")

    def answer(tables: Tables) -> str:
        name = tables.full_name(parts)
        with tables.platform.store.transaction() as tx:
            if if_not_exists and catalog_functions.exists(tx, name):
                return NOTHING
        wanted = _definition(name, parameters, returns, body, comment, tables)
        with tables.platform.store.transaction() as tx:
            catalog_functions.create(tx, tables.principal, wanted, replace)
        return NOTHING

    return answer


def _parameters(words: Words) -> list[tuple[str, str, str | None, str | None]]:
    """Name, type, default and comment of each parameter."""
    words.expect("(")
    found: list[tuple[str, str, str | None, str | None]] = []
    if words.skip(")"):
        return found
    while True:
        name, start, depth = words.parts(1)[0], words.place(), 0
        kind = default = comment = None
        while True:
            place = words.place()
            if depth == 0 and (words.skip("COMMENT")):
                kind, comment = kind or words.text[start:place], words.string("a comment")
            elif depth == 0 and words.skip("DEFAULT"):
                kind = kind or words.text[start:place]
                default_start = words.place()
                words.one("a default")
                default = words.text[default_start : words.behind()]
            elif depth == 0 and words.skip_any(",", ")"):
                break
            else:
                depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(words.one("a type"), 0)
        found.append((name, (kind or words.text[start:place]).strip(), default, comment))
        if words.text[place] == ")":
            return found


def _definition(
    name: str,
    parameters: list[tuple[str, str, str | None, str | None]],
    returns: str,
    body: str,
    comment: str | None,
    tables: Tables,
) -> Body:
    """databricks-sdk's `CreateFunction`; Spark says what the types are, and whether the body is an expression."""
    catalog, schema, own = name.split(".")
    session = tables.session
    inner = tables.for_view(name, tables.principal, session.catalog, session.schema)
    expression = inner.expression(body)
    signature = ", ".join(f"{names.quoted(one)} {kind}" for one, kind, _, _ in parameters)
    trial = f"{names.RESERVED}_trial"
    kinds = [returns, *(kind for _, kind, _, _ in parameters)]
    for kind in kinds:
        if not _TYPE.fullmatch(kind):
            raise refusals.unparsable(f"'{kind}' is not a type.")
    body_of_trial = f"({signature}) RETURNS {returns} RETURN {expression}"
    tables.spark.run(f"CREATE OR REPLACE TEMPORARY FUNCTION {trial} {body_of_trial}")
    columns = ", ".join(f"CAST(NULL AS {kind}) AS c{position}" for position, kind in enumerate(kinds))
    types = tables.spark.schema(f"SELECT {columns}")
    described = [
        FunctionParameterInfo(
            name=one.lower(),
            position=position,
            type_text=field.dataType.simpleString(),
            type_name=type_name(field.dataType),
            type_json=field.json(),
            parameter_default=default,
            comment=note,
        ).as_dict()
        for position, ((one, _, default, note), field) in enumerate(zip(parameters, types.fields[1:], strict=True))
    ]
    return {
        "name": own,
        "catalog_name": catalog,
        "schema_name": schema,
        "input_params": {"parameters": described},
        "data_type": type_name(types.fields[0].dataType).value,
        "full_data_type": types.fields[0].dataType.simpleString(),
        "routine_body": "SQL",
        "routine_definition": body,
        "parameter_style": "S",
        "is_deterministic": True,
        "sql_data_access": "READS_SQL_DATA" if inner.reads else "CONTAINS_SQL",
        "is_null_call": False,
        "security_type": "DEFINER",
        "specific_name": own,
        "comment": comment,
        "properties": json.dumps({_CATALOG: session.catalog, _SCHEMA: session.schema}),
    }


def _drop(words: Words) -> Answer:
    if_exists = words.skip("IF", "EXISTS")
    parts = words.parts()
    words.end()

    def answer(tables: Tables) -> str:
        name = tables.full_name(parts)
        with tables.platform.store.transaction() as tx:
            if if_exists and not catalog_functions.exists(tx, name):
                return NOTHING
            catalog_functions.delete(tx, tables.principal, name)
        return NOTHING

    return answer
