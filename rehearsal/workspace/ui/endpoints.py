"""Serving endpoints: state, what is served to whom, metrics, logs, and a form to ask the endpoint something."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from databricks.sdk.service.serving import ServedEntityOutput, ServingEndpointDetailed
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from rehearsal.workspace.ui import formats
from rehearsal.workspace.ui.page_route import PageRoute
from rehearsal.workspace.ui.viewer import Outcome, PosterDep, Viewer, ViewerDep, attempt

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>[^}]*)\})?\s+(?P<value>\S+)(?:\s+\d+)?")
_MADE_UP = {"integer": 1, "number": 1.0, "boolean": True, "string": "text"}
_LOG_CHARACTERS = 60_000
router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Served:
    """A served entity with its share of the requests and what it wrote."""

    entity: ServedEntityOutput
    share: int | None
    pending: bool
    log: Outcome[str]


@dataclass(frozen=True)
class Answer:
    """What the endpoint said to a request of the form."""

    text: str
    refused: str
    milliseconds: float


@router.get("/ui/endpoints")
def show_all(viewer: ViewerDep) -> HTMLResponse:
    """Endpoints that the viewer may see."""
    found = sorted(viewer.client.serving_endpoints.list(), key=lambda endpoint: endpoint.name or "")
    return viewer.page("endpoints.html.j2", title="Serving", endpoints=found)


@router.get("/ui/endpoints/{name}")
def show(viewer: ViewerDep, name: str) -> HTMLResponse:
    """One endpoint."""
    return _page(viewer, name, None, None)


@router.post("/ui/endpoints/{name}/ask")
def ask(viewer: PosterDep, name: str, request: Annotated[str, Form()]) -> HTMLResponse:
    """Send the form's request to the endpoint and show the answer."""
    began = time.perf_counter()
    answer = attempt(lambda: _ask(viewer, name, request))
    spent = (time.perf_counter() - began) * 1000
    return _page(viewer, name, request, Answer(formats.pretty(answer.value), answer.refused, spent))


def _ask(viewer: Viewer, name: str, request: str) -> Any:
    try:
        body = json.loads(request)
    except json.JSONDecodeError as error:
        return {"problem": f"The request is no JSON: {error}."}
    return viewer.api("POST", f"/serving-endpoints/{name}/invocations", body)


def _page(viewer: Viewer, name: str, request: str | None, answer: Answer | None) -> HTMLResponse:
    endpoint = viewer.client.serving_endpoints.get(name)
    going = bool(endpoint.state and formats.word(endpoint.state.config_update) == "IN_PROGRESS")
    return viewer.page(
        "endpoint.html.j2",
        title=name,
        endpoint=endpoint,
        going=going,
        served=_served(viewer, name, endpoint),
        metrics=attempt(lambda: _metrics(viewer, name)),
        request=request if request is not None else formats.pretty(_example(viewer, name, endpoint)),
        answer=answer,
    )


def _served(viewer: Viewer, name: str, endpoint: ServingEndpointDetailed) -> list[Served]:
    shares: dict[str, int] = {}
    config, pending = endpoint.config, endpoint.pending_config
    for route in (config.traffic_config.routes if config and config.traffic_config else None) or []:
        shares[route.served_entity_name or route.served_model_name or ""] = route.traffic_percentage
    active = (config.served_entities if config else None) or []
    coming = (pending.served_entities if pending else None) or []
    return [
        Served(entity, shares.get(entity.name or ""), waits, attempt(partial(_log, viewer, name, entity)))
        for waits, entities in ((False, active), (True, coming))
        for entity in entities
    ]


def _log(viewer: Viewer, name: str, entity: ServedEntityOutput) -> str:
    return (viewer.client.serving_endpoints.logs(name, entity.name or "").logs or "")[-_LOG_CHARACTERS:]


def _metrics(viewer: Viewer, name: str) -> list[tuple[str, str, str]]:
    """(metric, labels, value) of each line of the Prometheus text."""
    contents = viewer.client.serving_endpoints.export_metrics(name).contents
    if contents is None:
        return []
    with contents:
        lines = contents.read().decode().splitlines()
    found = (_SAMPLE.fullmatch(line.strip()) for line in lines if line.strip() and not line.startswith("#"))
    return [(match["name"], match["labels"] or "", match["value"]) for match in found if match]


def _example(viewer: Viewer, name: str, endpoint: ServingEndpointDetailed) -> Any:
    """A request that the model takes: the example that was logged with it, else one made up from its signature."""
    for entity in (endpoint.config.served_entities if endpoint.config else None) or []:
        place = f"/Models/{str(entity.entity_name).replace('.', '/')}/{entity.entity_version}"
        logged = attempt(partial(_json_file, viewer, f"{place}/serving_input_example.json"))
        if logged.value:
            return logged.value
    document = attempt(lambda: viewer.api("GET", f"/api/2.0/serving-endpoints/{name}/openapi")).value or {}
    record = _find(document, "dataframe_records")
    fields = ((record or {}).get("items") or {}).get("properties") or {}
    return {"dataframe_records": [{field: _MADE_UP.get(kind.get("type")) for field, kind in fields.items()}]}


def _json_file(viewer: Viewer, path: str) -> Any:
    contents = viewer.client.files.download(path).contents
    if contents is None:
        return None
    with contents:
        return json.loads(contents.read())


def _find(document: Any, key: str) -> Any:
    """The first value of that key, however deep."""
    if isinstance(document, dict):
        if key in document:
            return document[key]
        document = list(document.values())
    if isinstance(document, list):
        return next((found for part in document if (found := _find(part, key)) is not None), None)
    return None
