"""Functions that a SQL text calls: which are forbidden, which the gateway answers, which may be the catalog's own."""

from __future__ import annotations

import inspect

from pyspark.sql import functions
from sqlglot import TokenType

from rehearsal.compute.gateway import names
from rehearsal.compute.gateway.refusals import forbidden
from rehearsal.compute.gateway.sql_words import Token
from rehearsal.compute.gateway.statement import Call

# Functions that run foreign code or read files past the catalog.
FORBIDDEN = frozenset(
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
# Who asks and where: Spark would answer with its own process.
WHO = frozenset({"current_user", "session_user", "user"})
CATALOG = frozenset({"current_catalog"})
SCHEMA = frozenset({"current_schema", "current_database"})
MEMBER = frozenset({"is_member", "is_account_group_member"})
ANSWERED = WHO | CATALOG | SCHEMA | MEMBER
# What time it is: the workspace's clock may be ahead of Spark's, or behind.
TIMESTAMP = frozenset({"current_timestamp", "now"})
DATE = frozenset({"current_date", "curdate"})
LOCAL = frozenset({"localtimestamp"})
SECONDS = frozenset({"unix_timestamp"})
MOMENTS = TIMESTAMP | DATE | LOCAL | SECONDS
# These are written without parentheses, too.
_BARE = frozenset(
    {
        *("current_user", "session_user", "current_catalog", "current_schema", "current_database"),
        *("current_timestamp", "current_date", "localtimestamp"),
    }
)
_NAMES = (TokenType.VAR, TokenType.IDENTIFIER)
_BUILT_IN = frozenset(name.lower() for name, _ in inspect.getmembers(functions, inspect.isfunction))


def find(tokens: list[Token]) -> list[Call]:
    """Calls that are not plainly Spark's own. Raises Refusal for names that are kept for the gateway."""
    found = []
    for position, token in enumerate(tokens):
        if token.text.lower().startswith(names.RESERVED) and not token.kind == TokenType.STRING:
            raise forbidden(f"The name {token.text}")
        following = tokens[position + 1].text if position + 1 < len(tokens) else ""
        if following == "(":
            call = _call(tokens, position)
            if call is not None:
                found.append(call)
        elif _is_bare(tokens, position, following):
            found.append(Call(token.start, token.end, [token.text], token.end))
    return found


def _is_bare(tokens: list[Token], position: int, following: str) -> bool:
    token, before = tokens[position], tokens[position - 1].text.upper() if position else ""
    return token.text.lower() in _BARE and not token.quoted and following != "." and before not in (".", "AS")


def _call(tokens: list[Token], position: int) -> Call | None:
    """The call whose last name stands at the position, if it may be one of the gateway's or the catalog's."""
    if tokens[position].kind == TokenType.STRING or not tokens[position].text.replace("_", "a").isalnum():
        return None
    first = position
    while first >= 2 and tokens[first - 1].text == "." and tokens[first - 2].kind in _NAMES:
        first -= 2
    if first and tokens[first - 1].text == ".":
        return None
    parts = [token.text for token in tokens[first : position + 1 : 2]]
    if len(parts) > 3 or (len(parts) == 1 and not (may_be_own(parts[0]) or parts[0].lower() in MOMENTS)):
        return None
    closing = tokens[position + 2] if position + 2 < len(tokens) and tokens[position + 2].text == ")" else None
    return Call(tokens[first].start, tokens[position + 1].end, parts, closing.end if closing else None)


def may_be_own(name: str) -> bool:
    """May a single name be a function of the gateway or of the current schema? Spark's own functions come first."""
    return name.lower() in ANSWERED or name.lower() not in _BUILT_IN
