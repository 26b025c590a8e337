"""What a SQL statement does to which tables, and the statement with other names in their place. Pure; no Spark.

Whatever is not recognised is refused: a statement that cannot be read cannot be checked. Names are replaced in the
text where they stand, so that everything else reaches Spark as it was written.
"""

from __future__ import annotations

import functools
import re
from itertools import pairwise

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

from rehearsal.compute.gateway import names, sql_calls, sql_catalog, sql_commands, sql_words
from rehearsal.compute.gateway.refusals import forbidden, unparsable, unsupported
from rehearsal.compute.gateway.sql_words import Words
from rehearsal.compute.gateway.statement import Reference, Statement, Use

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
_REMEMBERED = 256
_EVOLUTION = re.compile(r"(\s*MERGE\s+)(WITH\s+SCHEMA\s+EVOLUTION)(\s)", re.IGNORECASE)
_REPLACE = re.compile(r"\s*(?=REPLACE\s+TABLE\b)", re.IGNORECASE)


@functools.lru_cache(maxsize=_REMEMBERED)
def analyse(text: str) -> Statement:
    """Understand one statement, not to be changed. Raises Refusal for what is unreadable, forbidden or unknown.

    `spark.sql()` sends its text twice, and programs send the same texts again and again: the last ones are remembered.
    """
    return _analysed(text)


def _analysed(text: str) -> Statement:
    if _AMBIGUOUS.search(text):
        raise unparsable("Comments within comments, line comments that end in a backslash and lone carriage returns.")
    must_exist = _REPLACE.match(text) is not None
    if must_exist:
        text = _REPLACE.sub("CREATE OR ", text, count=1)
    tokens = sql_words.tokens(text)
    while tokens and tokens[-1].kind == TokenType.SEMICOLON:
        tokens.pop()
    if any(token.kind == TokenType.SEMICOLON for token in tokens):
        raise unparsable("One statement is expected.")
    for token, following in pairwise(tokens):
        if following.text == "(" and token.text.lower() in sql_calls.FORBIDDEN:
            raise forbidden(f"The function {token.text.lower()}")
    for read in (sql_catalog.read, sql_commands.read):
        answer = read(Words(text, tokens))
        if answer is not None:
            return Statement(text, answer=answer, must_exist=must_exist)
    tree = _parse(text)
    statement = Statement(text, must_exist=must_exist, calls=sql_calls.find(tokens), query=isinstance(tree, exp.Query))
    _refuse_forbidden(tree)
    targets = _target(tree, statement)
    for table in tree.find_all(exp.Table):
        reference = _reference(text, table, targets.get(id(table), "SELECT"), statement)
        if reference is not None:
            statement.references.append(reference)
    # `INSERT INTO t (a, b)` and `CREATE TABLE t (a INT)` look like calls.
    named = {reference.start for reference in statement.references}
    statement.calls = [call for call in statement.calls if call.start not in named]
    _collapse_qualifiers(tree, statement)
    return statement


def analyse_query(text: str) -> Statement:
    """Understand a query, such as a view's. Raises Refusal."""
    statement = analyse(text)
    if not statement.query:
        raise unparsable("A query is expected.")
    return statement


def analyse_expression(text: str) -> Statement:
    """Understand an expression (`filter("...")`), which may hold subqueries. Raises Refusal."""
    prefix = "SELECT "
    statement = _analysed(prefix + text)
    if not statement.query:
        raise unparsable("An expression is expected.")
    back = len(prefix)
    for reference in statement.references:
        reference.start -= back
        reference.end -= back
    for call in statement.calls:
        call.start -= back
        call.end -= back
        call.close = None if call.close is None else call.close - back
    statement.qualifiers = [(start - back, end - back, new) for start, end, new in statement.qualifiers]
    statement.text = text
    return statement


def _parse(text: str) -> exp.Expr:
    # sqlglot does not know the phrase, and nothing in it names anything.
    readable = _EVOLUTION.sub(lambda match: match[1] + " " * len(match[2]) + match[3], text, count=1)
    try:
        parsed = sqlglot.parse(readable, read="databricks")
    except SqlglotError as error:
        raise unparsable(re.sub(r"\x1b\[\d*m", "", str(error)).replace("\n", " ")) from error
    trees = [tree for tree in parsed if tree and not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1:
        raise unparsable(f"One statement is expected, found {len(trees)}.")
    return trees[0]


def _refuse_forbidden(tree: exp.Expr) -> None:
    for node in tree.walk():
        if isinstance(node, _FORBIDDEN_NODES):
            raise forbidden(f"{node.sql(dialect='databricks')[:80]!r}")


def _target(tree: exp.Expr, statement: Statement) -> dict[int, Use]:
    """What the statement does to the table that it is about; other tables are read."""
    if isinstance(tree, exp.Query):
        return {}
    if isinstance(tree, exp.TruncateTable) and len(tree.expressions) == 1:
        return {id(tree.expressions[0]): "MODIFY"}
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if isinstance(tree, exp.Insert) and isinstance(target, exp.Table):
        return {id(target): "MODIFY"}
    if isinstance(tree, (exp.Update, exp.Delete, exp.Merge)) and isinstance(target, exp.Table):
        return {id(target): "UPDATE"}
    if isinstance(tree, exp.Create) and isinstance(target, exp.Table):
        return {id(target): _created(tree, statement)}
    raise unsupported(f"The statement {tree.key.upper()}")


def _created(tree: exp.Create, statement: Statement) -> Use:
    properties = tree.args["properties"].expressions if tree.args.get("properties") else []
    if tree.kind == "VIEW":
        temporary = [p for p in properties if isinstance(p, exp.TemporaryProperty)]
        if not temporary or len(properties) != 1 or not isinstance(tree.expression, exp.Query):
            raise unsupported("CREATE VIEW of anything but CREATE [OR REPLACE] TEMPORARY VIEW name AS query")
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        if len(target.parts) != 1:
            raise unsupported("A temporary view in a schema")
        statement.temporary_view = target.name.lower()
        return "CREATE"
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


def _reference(text: str, table: exp.Table, use: Use, statement: Statement) -> Reference | None:
    """The table's place in the text; None for functions, common table expressions and a temporary view to be made."""
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
    if (use == "CREATE" and statement.temporary_view) or (len(spoken) == 1 and _is_common(table, spoken[0])):
        return None
    alias = ""
    travels = bool(table.args.get("version") or table.args.get("when"))
    plain = not travels and not any(table.args.get(key) for key in ("alias", "sample", "pivots"))
    aliasable = use == "SELECT" or (use == "UPDATE" and not isinstance(table.parent, exp.Insert))
    if plain and aliasable and not names.is_path(spoken):
        alias = names.quoted(spoken[-1])
    return Reference(parts[0].meta["start"], parts[-1].meta["end"] + 1, spoken, use, alias, travels)


def _is_common(table: exp.Table, name: str) -> bool:
    """Is the name one that a WITH around it defines? A definition sees those before it, and itself if recursive."""
    inner: exp.Expr = table
    outer = table.parent
    while outer is not None:
        if isinstance(outer, exp.With):
            before = outer.expressions
            if not outer.args.get("recursive"):
                before = before[: next(i for i, one in enumerate(before) if one is inner)]
        else:
            common = outer.args.get("with_")
            before = common.expressions if common is not None and common is not inner else []
        if any(one.alias.lower() == name.lower() for one in before):
            return True
        inner, outer = outer, outer.parent
    return False


def _collapse_qualifiers(tree: exp.Expr, statement: Statement) -> None:
    """`c.s.t.column` becomes `t`.column, since the table goes by its last name now."""
    known = {tuple(part.lower() for part in ref.parts) for ref in statement.references}
    for column in tree.find_all(exp.Column):
        qualifier = column.parts[:-1]
        if len(qualifier) < 2:
            continue
        spoken = tuple(part.name.lower() for part in qualifier)
        if any(spoken[-len(parts) :] == parts or parts[-len(spoken) :] == spoken for parts in known):
            start, end = qualifier[0].meta["start"], qualifier[-1].meta["end"] + 1
            statement.qualifiers.append((start, end, names.quoted(qualifier[-1].name)))
