"""A report's page as tests ask about it: its tags, ids, addresses and text; and text that would break out of it."""

from __future__ import annotations

from html.parser import HTMLParser

HOSTILE = "<script>alert('x')</script>&\"'"


class Page(HTMLParser):
    """Collects what the tests ask about, and checks that tags are balanced."""

    VOID = frozenset({"meta", "br", "img", "path", "rect", "link", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids |= {value for name, value in attrs if name == "id" and value}
        self.addresses += [value for name, value in attrs if name in ("href", "src") and value]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
