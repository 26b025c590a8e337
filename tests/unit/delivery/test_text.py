"""Markdown of comments."""

from __future__ import annotations

from delivery.text import cut, fenced, table, with_section


def test_a_section_is_put_in_and_then_replaced_in_its_place() -> None:
    body = with_section(with_section("", "staging", "one"), "prod", "two")
    changed = with_section(body, "staging", "three")
    assert [body.index("one") < body.index("two"), changed.index("three") < changed.index("two")] == [True, True]
    assert "one" not in changed
    assert changed.count("<!-- section staging -->") == 1


def test_what_a_cell_holds_cannot_end_it() -> None:
    assert table(("a",), [("x|y\n<b>",)]).splitlines()[-1] == "| x\\|y<br>&lt;b> |"
    assert table(("a",), []) == ""


def test_output_cannot_end_its_block() -> None:
    text = fenced(["```", "\x1b[31mred\x1b[0m"])
    assert text.startswith("````text\n") and text.endswith("\n````")
    assert "red" in text and "\x1b" not in text


def test_long_text_is_cut_at_a_line_and_says_where_the_rest_is() -> None:
    text = cut("line\n" * 100, "in the log", 52)
    assert text.startswith("line\n" * 9 + "line\n\n… and") and text.endswith("in the log")
