"""A SQL statement as words, consumed from the left: for statements that parsers of SQL know little of."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlglot
from sqlglot import TokenType
from sqlglot.errors import SqlglotError

from rehearsal.compute.gateway.refusals import Refusal, unparsable

_FIRST = re.compile(r"\s*([A-Za-z]+)")


@dataclass(frozen=True)
class Token:
    """A word, name, literal or sign, and its place in the text; `end` is the position behind it."""

    text: str
    start: int
    end: int
    kind: TokenType

    @property
    def quoted(self) -> bool:
        """Is it a name in backquotes or a text?"""
        return self.kind in (TokenType.IDENTIFIER, TokenType.STRING)


def tokens(text: str) -> list[Token]:
    """The text's tokens. Raises Refusal."""
    first = _FIRST.match(text)
    # sqlglot takes all that follows some first words (SHOW, OPTIMIZE) for one token, so it gets another word to read.
    masked = text if first is None else text[: first.start(1)] + "x" * len(first[1]) + text[first.end(1) :]
    try:
        found = sqlglot.tokenize(masked, read="databricks")
    except SqlglotError as error:
        raise unparsable(re.sub(r"\x1b\[\d*m", "", str(error)).replace("\n", " ")) from error
    read = [Token(token.text, token.start, token.end + 1, token.token_type) for token in found]
    if first is not None and read and read[0].start == first.start(1):
        read[0] = Token(first[1], read[0].start, read[0].end, read[0].kind)
    return read


class Words:
    """Tokens, consumed from the left. All methods that expect something raise Refusal."""

    def __init__(self, text: str, found: list[Token] | None = None) -> None:
        self.text = text
        self._tokens = tokens(text) if found is None else found
        while self._tokens and self._tokens[-1].kind == TokenType.SEMICOLON:
            self._tokens = self._tokens[:-1]
        self._position = 0

    def skip(self, *expected: str) -> bool:
        """Consume these words if they come next."""
        found = self._tokens[self._position : self._position + len(expected)]
        if [token.text.upper() for token in found] != list(expected) or any(token.quoted for token in found):
            return False
        self._position += len(expected)
        return True

    def skip_any(self, *alternatives: str) -> str | None:
        """Consume the first of these that comes next (each may be several words), and say which it was."""
        return next((one for one in alternatives if self.skip(*one.split())), None)

    def expect(self, *expected: str) -> None:
        """Consume these words, which must come next."""
        if not self.skip(*expected):
            raise self.wrong(" ".join(expected))

    def one(self, what: str) -> str:
        """The next token's text: a name without its quotes, a string."""
        if self.at_end:
            raise self.wrong(what)
        self._position += 1
        return self._tokens[self._position - 1].text

    def string(self, what: str) -> str:
        """The next token, which must be a text in quotes."""
        if self.at_end or self._tokens[self._position].kind != TokenType.STRING:
            raise self.wrong(what)
        return self.one(what)

    def parts(self, most: int = 3) -> list[str]:
        """A name of one part, or of more with periods between."""
        start = self._position
        found = [self.one("a name")]
        while self.skip("."):
            found.append(self.one("a name"))
        if len(found) > most:
            self._position = start
            raise self.wrong(f"a name of {most} part{'s' if most > 1 else ''}")
        return found

    def principal(self) -> str:
        """A principal's name: in quotes, or as it is (`0000-1111`)."""
        found = self.one("a principal")
        while not self.at_end and self._tokens[self._position].start == self._tokens[self._position - 1].end:
            found += self.one("a principal")
        return found

    def pairs(self) -> dict[str, str]:
        """`('key' = 'value', …)`; a key may be names with periods, and the sign may be left out."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            key = ".".join(self.parts(10))
            self.skip("=")
            found[key] = self.one("a value")
            if not self.skip(","):
                break
        self.expect(")")
        return found

    def keys(self) -> list[str]:
        """`('key', …)`."""
        self.expect("(")
        found = [".".join(self.parts(10))]
        while self.skip(","):
            found.append(".".join(self.parts(10)))
        self.expect(")")
        return found

    def place(self) -> int:
        """Where the next token starts, or the text ends."""
        return len(self.text) if self.at_end else self._tokens[self._position].start

    def behind(self) -> int:
        """Where the last consumed token ends."""
        return self._tokens[self._position - 1].end if self._position else 0

    def rest(self) -> str:
        """The text that is left; consumes it."""
        left = "" if self.at_end else self.text[self.place() : self._tokens[-1].end]
        self._position = len(self._tokens)
        return left

    def end(self) -> None:
        """Nothing may follow."""
        if not self.at_end:
            raise self.wrong("the end of the statement")

    @property
    def at_end(self) -> bool:
        """Has everything been consumed?"""
        return self._position >= len(self._tokens)

    def wrong(self, expected: str) -> Refusal:
        """The error that says what was expected where."""
        found = "the end of the statement" if self.at_end else repr(self._tokens[self._position].text)
        return unparsable(f"Found {found} where {expected} is expected.")
