"""A dashboard's content: datasets (queries) and pages of widgets. Checked before it is stored, as the editor would."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rehearsal.workspace.errors import invalid

_COLUMNS = 12  # of the widest grid; the narrower one has 6


class _Lenient(BaseModel):
    """Databricks may write more than is known here; what is known must be right."""

    model_config = ConfigDict(extra="allow")


class Parameter(_Lenient):
    """A named marker `:keyword` of a dataset's query, and what it is when nobody chooses."""

    keyword: Annotated[str, Field(min_length=1)]
    displayName: str = ""
    dataType: Literal["STRING", "NUMBER", "DECIMAL", "INTEGER", "DATE", "DATETIME", "TIMESTAMP"] = "STRING"
    defaultSelection: dict[str, Any] = {}


class Dataset(_Lenient):
    """A query by name; its text in lines, or in one piece as older dashboards have it."""

    name: Annotated[str, Field(min_length=1)]
    displayName: str = ""
    queryLines: list[str] = []
    query: str = ""
    parameters: list[Parameter] = []

    @property
    def sql(self) -> str:
        """The query's text."""
        return "".join(self.queryLines) or self.query


class Position(_Lenient):
    """Where a widget is in the page's grid."""

    x: Annotated[int, Field(ge=0, lt=_COLUMNS)]
    y: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=1, le=_COLUMNS)]
    height: Annotated[int, Field(ge=1)]


class QueryField(_Lenient):
    """A column that a widget takes: an expression of the dataset's columns, and the name that encodings call it by."""

    name: str
    expression: str


class Filter(_Lenient):
    """A condition on a dataset's rows."""

    expression: str


class Query(_Lenient):
    """What a widget takes of a dataset; unless it is disaggregated, grouped by all fields that are no aggregates."""

    datasetName: str
    fields: list[QueryField] = []
    filters: list[Filter] = []
    disaggregated: bool = False


class NamedQuery(_Lenient):
    """A widget's query by name."""

    name: str
    query: Query


class Widget(_Lenient):
    """A picture, a table, a filter or a text."""

    name: Annotated[str, Field(min_length=1)]
    queries: list[NamedQuery] = []
    spec: dict[str, Any] | None = None
    multilineTextboxSpec: dict[str, Any] | None = None
    textbox_spec: str | None = None


class Placed(_Lenient):
    """A widget and its place."""

    widget: Widget
    position: Position


class Page(_Lenient):
    """A page of widgets."""

    name: Annotated[str, Field(min_length=1)]
    displayName: str = ""
    layout: list[Placed] = []


class Content(_Lenient):
    """All of a dashboard."""

    datasets: list[Dataset] = []
    pages: Annotated[list[Page], Field(min_length=1)]


def checked(text: str) -> Content:
    """The content that the text says. Raises DatabricksError 400 that names the place of the mistake."""
    try:
        content = Content.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise invalid(f"serialized_dashboard: {where}: {first['msg']}") from error
    names = [dataset.name for dataset in content.datasets]
    _unique(names, "dataset")
    _unique([page.name for page in content.pages], "page")
    for dataset in content.datasets:
        if not dataset.sql.strip():
            raise invalid(f"serialized_dashboard: dataset '{dataset.name}' has no query.")
    for page in content.pages:
        _unique([placed.widget.name for placed in page.layout], f"widget of page '{page.name}'")
        for widget in (placed.widget for placed in page.layout):
            for query in widget.queries:
                if query.query.datasetName not in names:
                    raise invalid(
                        f"serialized_dashboard: widget '{widget.name}' of page '{page.name}' asks dataset "
                        f"'{query.query.datasetName}', which is not one of {names}."
                    )
    return content


def _unique(names: list[str], what: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise invalid(f"serialized_dashboard: there is more than one {what} named '{twice}'.")
