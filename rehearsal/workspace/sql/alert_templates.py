"""What an alert says: its templates with the variables put in.

HTML templates have `{{VARIABLE}}`, Markdown ones `@VARIABLE`.
https://learn.microsoft.com/azure/databricks/sql/user/alerts/create#notification-templates
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.workspace.store import Body

Row = list[str | None]
ROWS = 100  # of a table in a message
_HTML, _MARKDOWN = re.compile(r"\{\{\s*(\w+)\s*\}\}"), re.compile(r"@(\w+)")


def filled(template: str, values: Mapping[str, Any], markdown: bool) -> str:
    """The template with its variables put in; words that are no variables stay."""
    pattern = _MARKDOWN if markdown else _HTML
    return pattern.sub(lambda found: str(values[found[1]]) if found[1] in values else found[0], template)


def variables(stored: Body, state: str, value: Any, answer: Body, url: str, markdown: bool) -> dict[str, Any]:
    """Variables of an evaluated alert, from its definition and the query's answer (empty where it failed)."""
    columns = [
        str(column["name"]) for column in ((answer.get("manifest") or {}).get("schema") or {}).get("columns") or []
    ]
    rows = ((answer.get("result") or {}).get("data_array") or [])[:ROWS]
    return {
        "ALERT_STATUS": state,
        "ALERT_NAME": stored["display_name"],
        "ALERT_URL": url,
        "ALERT_CONDITION": stored["evaluation"]["comparison_operator"],
        "ALERT_THRESHOLD": threshold(stored["evaluation"]),
        "ALERT_COLUMN": stored["evaluation"]["source"]["name"],
        "QUERY_RESULT_VALUE": value,
        "QUERY_RESULT_COLS": ", ".join(columns),
        "QUERY_RESULT_TABLE": _markdown_table(columns, rows) if markdown else _html_table(columns, rows),
    }


def threshold(evaluation: Body) -> Any:
    """The constant or the column that the alert compares with."""
    given = evaluation.get("threshold") or {}
    return next(iter((given.get("value") or given.get("column") or {}).values()), None)


def _html_table(columns: list[str], rows: list[Row]) -> str:
    return f"<table>{_html_row('th', columns)}{''.join(_html_row('td', row) for row in rows)}</table>"


def _html_row(tag: str, cells: Sequence[str | None]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"


def _markdown_table(columns: list[str], rows: list[Row]) -> str:
    lines: list[Sequence[str | None]] = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
