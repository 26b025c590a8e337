"""Statements about one table that begin with its name: ALTER, COMMENT ON, DESCRIBE, OPTIMIZE, VACUUM, RESTORE.

Read from their tokens, since parsers of SQL know little of them. What follows the name cannot name another table.
"""

from __future__ import annotations

import re

import sqlglot

from rehearsal.compute.gateway import names
from rehearsal.compute.gateway.refusals import unparsable, unsupported
from rehearsal.compute.gateway.statement import Reference, Statement, Use

# The words before the table's name, and what the statement does to the table. Longer ones first.
_COMMANDS: tuple[tuple[str, Use], ...] = (
    ("DESCRIBE HISTORY", "SELECT"),
    ("DESC HISTORY", "SELECT"),
    ("DESCRIBE DETAIL", "SELECT"),
    ("DESC DETAIL", "SELECT"),
    ("DESCRIBE TABLE EXTENDED", "SELECT"),
    ("DESCRIBE EXTENDED", "SELECT"),
    ("DESCRIBE TABLE", "SELECT"),
    ("DESC TABLE EXTENDED", "SELECT"),
    ("DESC EXTENDED", "SELECT"),
    ("DESC TABLE", "SELECT"),
    ("DESCRIBE", "SELECT"),
    ("DESC", "SELECT"),
    ("OPTIMIZE", "MODIFY"),
    ("VACUUM", "MODIFY"),
    ("RESTORE TABLE", "MODIFY"),
    ("RESTORE", "MODIFY"),
    ("ALTER TABLE", "MODIFY"),
    ("COMMENT ON TABLE", "MODIFY"),
)
_COMMAND_WORD = re.compile(r"\s*(OPTIMIZE|VACUUM)\b", re.IGNORECASE)
_ALTERATIONS = frozenset({"ADD", "ALTER", "CHANGE", "DROP", "RENAME", "SET", "UNSET", "CLUSTER"})
# Second words that would give the statement another table, or another place.
_REFUSED_ALTERATIONS = frozenset(
    {"RENAME TO", "SET LOCATION", "SET SERDE", "SET SERDEPROPERTIES", "SET FILEFORMAT", "ADD PARTITION"}
)


def read(text: str, tokens: list[sqlglot.Token]) -> Statement | None:
    """The statement, if it is one of these. Raises Refusal."""
    masked = _COMMAND_WORD.match(text)
    if masked:
        # sqlglot takes all that follows these words for one token.
        behind = sqlglot.tokenize(" " * masked.end() + text[masked.end() :], read="databricks")
        tokens = [sqlglot.tokenize(text[: masked.end()] + "_", read="databricks")[0], *behind]
    words = [token.text.upper() for token in tokens]
    if masked:
        words[0] = masked[1].upper()
    for command, use in _COMMANDS:
        head = command.split()
        if words[: len(head)] != head:
            continue
        parts, start, end, rest = _name(text, tokens, len(head))
        if names.full_name(parts) is None:
            if use == "SELECT":
                return _about_view(text, tokens, rest)
            raise names.incomplete(parts[0])
        _refuse_second_statement(tokens[rest:])
        statement = Statement(text, [Reference(start, end, parts, use)])
        if command == "ALTER TABLE":
            _alteration(statement, tokens[rest:])
        if command == "COMMENT ON TABLE":
            _comment(statement, tokens[rest:])
        return statement
    return None


def _name(text: str, tokens: list[sqlglot.Token], position: int) -> tuple[list[str], int, int, int]:
    """Parts of the name at a position, its range in the text, and the position behind it."""
    if position >= len(tokens):
        raise unparsable("A table's name is expected at the end of the statement.")
    last = position
    while last + 2 < len(tokens) and tokens[last + 1].text == "." and tokens[last + 1].end == tokens[last].end + 1:
        last += 2
    start, end = tokens[position].start, tokens[last].end + 1
    return names.split(text[start:end]), start, end, last + 1


def _about_view(text: str, tokens: list[sqlglot.Token], rest: int) -> Statement:
    """DESCRIBE of a temporary view; DESCRIBE of a query is not among these."""
    if [token for token in tokens[rest:] if token.text != ";"]:
        raise unsupported("DESCRIBE of anything but a table or view")
    return Statement(text)


def _alteration(statement: Statement, tokens: list[sqlglot.Token]) -> None:
    words = [token.text.upper() for token in tokens]
    if words[:1] == ["SET"] and words[1:2] == ["OWNER"]:
        words, tokens = words[1:], tokens[1:]
    if words[:2] == ["OWNER", "TO"] and len(tokens) >= 3:
        statement.owner = "".join(token.text for token in tokens[2:] if token.text != ";")
        statement.handled = True
        statement.references[0].use = "OWN"
    elif words[:1] == [] or words[0] not in _ALTERATIONS or " ".join(words[:2]) in _REFUSED_ALTERATIONS:
        raise unsupported(f"ALTER TABLE ... {' '.join(words[:2])}")


def _comment(statement: Statement, tokens: list[sqlglot.Token]) -> None:
    if len(tokens) < 2 or tokens[0].text.upper() != "IS":
        raise unparsable("COMMENT ON TABLE name IS 'text' is expected.")
    statement.comment = "" if tokens[1].text.upper() == "NULL" else tokens[1].text
    statement.handled = True


def _refuse_second_statement(tokens: list[sqlglot.Token]) -> None:
    texts = [token.text for token in tokens if token.token_type == sqlglot.TokenType.SEMICOLON]
    if (texts and tokens[-1].token_type != sqlglot.TokenType.SEMICOLON) or len(texts) > 1:
        raise unparsable("One statement is expected.")
