"""What a SQL statement does to which tables, and the statement with other names in their place. Pure; no Spark.

Whatever is not recognised is refused: a statement that cannot be read cannot be checked. Names are replaced in the
text where they stand, so that everything else reaches Spark as it was written.
"""

from __future__ import annotations

import re
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from rehearsal.compute.gateway import names, sql_catalog, sql_commands
from rehearsal.compute.gateway.refusals import forbidden, unparsable, unsupported
from rehearsal.compute.gateway.statement import Reference, Statement, Use

# Functions that run foreign code or read files past the catalog.
FORBIDDEN_FUNCTIONS = frozenset(
    {
        "reflect",
        "java_method",
        "try_reflect",
        "read_files",
        "list_files",
        "cloud_files",
        "identifier",
        "table_changes",
        "input_file_name",
        "input_file_block_start",
        "input_file_block_length",
    }
)
_TABLE_FUNCTIONS = frozenset(
    {
        "range",
        "explode",
        "explode_outer",
        "posexplode",
        "posexplode_outer",
        "inline",
        "inline_outer",
        "stack",
        "json_tuple",
        "sequence",
        "variant_explode",
        "variant_explode_outer",
        "sql_keywords",
    }
)
_FORBIDDEN_NODES = (exp.Directory, exp.Command, exp.Copy, exp.LoadData, exp.Clone, exp.LocationProperty)
_TABLE_PROPERTIES = (
    exp.FileFormatProperty,
    exp.SchemaCommentProperty,
    exp.Property,
    exp.PartitionedByProperty,
    exp.ClusterProperty,
)
# Where sqlglot and Spark read a text differently, something could hide: a line comment that goes on after a backslash,
# a carriage return that ends one, a comment in a comment (of which Spark takes `/*+` for text).
_AMBIGUOUS = re.compile(r"--[^\n]*\\\r?\n|\r(?!\n)|/\*(?:(?!\*/).)*?/\*", re.DOTALL)


def analyse(text: str) -> Statement:
    """Understand one statement. Raises Refusal for what is unreadable, forbidden or unknown."""
    if _AMBIGUOUS.search(text):
        raise unparsable("Comments within comments, line comments that end in a backslash and lone carriage returns.")
    tokens = _tokens(text)
    for token, following in pairwise(tokens):
        if following.text == "(" and token.text.lower() in FORBIDDEN_FUNCTIONS:
            raise forbidden(f"The function {token.text.lower()}")
    command = sql_commands.read(text, tokens)
    if command is not None:
        return command
    answer = sql_catalog.read(text, tokens)
    if answer is not None:
        return Statement(text, answer=answer)
    tree = _parse(text)
    statement = Statement(text)
    _refuse_forbidden(tree)
    targets = _target(tree, statement)
    for table in tree.find_all(exp.Table):
        use = targets.get(id(table), "SELECT")
        reference = _reference(text, table, use)
        if reference is not None:
            statement.references.append(reference)
    _collapse_qualifiers(text, tree, statement)
    return statement


def analyse_expression(text: str) -> Statement:
    """Understand an expression (`filter("...")`), which may hold subqueries. Raises Refusal."""
    prefix = "SELECT "
    statement = analyse(prefix + text)
    for reference in statement.references:
        reference.start -= len(prefix)
        reference.end -= len(prefix)
    statement.qualifiers = [(start - len(prefix), end - len(prefix), new) for start, end, new in statement.qualifiers]
    statement.text = text
    return statement


def _tokens(text: str) -> list[sqlglot.Token]:
    try:
        return list(sqlglot.tokenize(text, read="databricks"))
    except SqlglotError as error:
        raise unparsable(_first_line(error)) from error


def _parse(text: str) -> exp.Expr:
    try:
        parsed = sqlglot.parse(text, read="databricks")
    except SqlglotError as error:
        raise unparsable(_first_line(error)) from error
    trees = [tree for tree in parsed if tree and not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1:
        raise unparsable(f"One statement is expected, found {len(trees)}.")
    return trees[0]


def _first_line(error: Exception) -> str:
    return re.sub(r"\x1b\[\d*m", "", str(error)).replace("\n", " ")


def _refuse_forbidden(tree: exp.Expr) -> None:
    for node in tree.walk():
        if isinstance(node, _FORBIDDEN_NODES):
            raise forbidden(f"{node.sql(dialect='databricks')[:80]!r}")


def _target(tree: exp.Expr, statement: Statement) -> dict[int, Use]:
    """What the statement does to the table that it is about; other tables are read."""
    if isinstance(tree, exp.Query):
        return {}
    if isinstance(tree, exp.Drop):
        return _dropped(tree, statement)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if isinstance(tree, exp.Insert) and isinstance(target, exp.Table):
        return {id(target): "MODIFY"}
    if isinstance(tree, (exp.Update, exp.Delete, exp.Merge)) and isinstance(target, exp.Table):
        return {id(target): "UPDATE"}
    if isinstance(tree, exp.Create):
        return {id(target): _created(tree, statement)}
    raise unsupported(f"The statement {tree.key.upper()}")


def _dropped(tree: exp.Drop, statement: Statement) -> dict[int, Use]:
    found = list(tree.find_all(exp.Table))
    if tree.kind not in ("TABLE", "VIEW") or len(found) != 1:
        raise unsupported(f"DROP {tree.kind}")
    statement.if_exists = bool(tree.args.get("exists"))
    statement.handled = tree.kind == "TABLE"
    return {id(found[0]): "DROP" if statement.handled else "VIEW"}


def _created(tree: exp.Create, statement: Statement) -> Use:
    properties = tree.args["properties"].expressions if tree.args.get("properties") else []
    if tree.kind == "VIEW":
        temporary = [p for p in properties if isinstance(p, exp.TemporaryProperty)]
        if not temporary or len(properties) != 1 or not isinstance(tree.expression, exp.Query):
            raise unsupported("CREATE VIEW of anything but CREATE [OR REPLACE] TEMPORARY VIEW name AS query")
        return "VIEW"
    if tree.kind != "TABLE" or (tree.expression and not isinstance(tree.expression, exp.Query)):
        raise unsupported(f"CREATE {tree.kind}")
    statement.replace = bool(tree.args.get("replace"))
    statement.if_not_exists = bool(tree.args.get("exists"))
    for item in properties:
        _read_property(item, statement)
    return "CREATE"


def _read_property(item: exp.Expr, statement: Statement) -> None:
    if type(item) not in _TABLE_PROPERTIES:
        raise unsupported(f"CREATE TABLE ... {item.sql(dialect='databricks')[:60]}")
    if isinstance(item, exp.FileFormatProperty) and item.this.name.lower() != "delta":
        raise unsupported(f"A table of format {item.this.name}")
    if isinstance(item, exp.SchemaCommentProperty):
        statement.comment = item.this.name
    elif type(item) is exp.Property:
        statement.properties[item.this.name] = item.args["value"].name


def _reference(text: str, table: exp.Table, use: Use) -> Reference | None:
    """The table's place in the text; None for functions, common table expressions and temporary views."""
    if not isinstance(table.this, exp.Identifier):
        function = table.this
        name = function.name if isinstance(function, exp.Anonymous) else function.key
        if name.lower() not in _TABLE_FUNCTIONS:
            raise forbidden(f"The table function {name}")
        return None
    parts = table.parts
    for part in parts:
        start, end = part.meta.get("start"), part.meta.get("end")
        if start is None or end is None or text[start : end + 1].strip("`").replace("``", "`") != part.name:
            raise unparsable(f"The table name {table.sql(dialect='databricks')} cannot be located.")
    spoken = [part.name for part in parts]
    if use == "VIEW":
        if len(spoken) != 1:
            raise unsupported("A view in a schema")
        return None
    if names.full_name(spoken) is None:
        if use != "SELECT":
            raise names.incomplete(spoken[0])
        return None
    alias = ""
    plain = not any(table.args.get(key) for key in ("alias", "version", "when", "sample", "pivots"))
    aliasable = use == "SELECT" or (use == "UPDATE" and not isinstance(table.parent, exp.Insert))
    if plain and aliasable:
        alias = names.quoted(spoken[-1])
    return Reference(parts[0].meta["start"], parts[-1].meta["end"] + 1, spoken, use, alias)


def _collapse_qualifiers(text: str, tree: exp.Expr, statement: Statement) -> None:
    """`c.s.t.column` becomes `t`.column, since the table goes by its last name now."""
    known = {tuple(part.lower() for part in ref.parts) for ref in statement.references}
    for column in tree.find_all(exp.Column):
        qualifier = column.parts[:-1]
        if len(qualifier) < 2:
            continue
        spoken = tuple(part.name.lower() for part in qualifier)
        if any(parts[-len(spoken) :] == spoken for parts in known):
            start, end = qualifier[0].meta["start"], qualifier[-1].meta["end"] + 1
            statement.qualifiers.append((start, end, names.quoted(qualifier[-1].name)))
