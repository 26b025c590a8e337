"""The real MLflow server's handlers, behind this workspace's authentication and experiment permissions.

MLflow's handlers want a Flask request, so a small Flask application carries them; a request is handed to it as WSGI.
Importing MLflow's server takes seconds: this module is imported by `lifecycle`, in the background.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from flask import Flask, request
from flask import Response as FlaskResponse
from mlflow.protos import databricks_pb2
from mlflow.protos.service_pb2 import MlflowService
from mlflow.server import handlers
from werkzeug.local import LocalProxy
from werkzeug.test import run_wsgi_app

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import DatabricksError, invalid, not_found
from rehearsal.workspace.mlflow import caller, experiment_access
from rehearsal.workspace.mlflow.experiment_access import READ, RULES, Rule
from rehearsal.workspace.mlflow.tracking_store import WorkspaceTrackingStore

Answer = tuple[int, bytes, str]


class Tracking:
    """MLflow's REST API over one tracking store per workspace."""

    def __init__(self, stores: dict[str, WorkspaceTrackingStore]) -> None:
        self._stores = stores
        # MLflow keeps its one store in a module's variable: ours is whichever store the request is for.
        handlers._tracking_store = LocalProxy(lambda: self.store(caller.current().workspace))
        self._app = self._flask_app()

    def store(self, workspace: str) -> WorkspaceTrackingStore:
        """The workspace's tracking store. Raises DatabricksError 404 for the account, which has none."""
        if workspace not in self._stores:
            raise not_found("MLflow belongs to a workspace, not to the account.", "ENDPOINT_NOT_FOUND")
        return self._stores[workspace]

    def answer(self, call: Call, method: str, path: str, query: str, body: bytes) -> Answer:
        """Serve one REST call: (status, body, content type). Raises DatabricksError."""
        self.store(call.workspace)
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path.encode().decode("latin-1"),  # as WSGI wants it
            "QUERY_STRING": query,
            "SERVER_NAME": "workspace",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        with caller.serving(call):
            chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        code = int(status.split(" ", 1)[0])
        content_type = headers.get("Content-Type", "application/json")
        if code >= 400:
            raise _refusal(code, b"".join(chunks), content_type, f"{method} {path}")
        return code, b"".join(chunks), content_type

    def close(self) -> None:
        """Close the databases."""
        for store in self._stores.values():
            store._dispose_engine()

    def _flask_app(self) -> Flask:
        app = Flask("mlflow")
        app.config["PROPAGATE_EXCEPTIONS"] = True  # refusals leave in Databricks' shape
        for method in MlflowService.DESCRIPTOR.methods:
            message_class = MlflowService().GetRequestClass(method)
            rule = RULES.get(message_class.DESCRIPTOR.name)
            if rule is None:
                continue
            view = _guarded(handlers.get_handler(message_class), message_class, rule)
            if message_class.DESCRIPTOR.name == "SearchExperiments":
                view = _only_readable_experiments(view)
            for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                path = "/" + endpoint.path.lstrip("/")
                for url in handlers._get_paths(path, version=endpoint.since.major):
                    name = f"{message_class.DESCRIPTOR.name}:{endpoint.method}:{url}"
                    app.add_url_rule(url, name, view, methods=[endpoint.method])
        return app


def _require_values(body: bytes, descriptor: Any) -> None:
    """MLflow's handlers take any JSON for an object, and a list for a number, and fail inside when it is none.

    Raises DatabricksError 400.
    """
    if not body:
        return
    try:
        found = json.loads(body)
    except ValueError as error:
        raise invalid(f"The request's body is not JSON: {error}", "MALFORMED_REQUEST") from error
    if not isinstance(found, dict):
        raise invalid(f"The request's body must be a JSON object; found {type(found).__name__}.", "MALFORMED_REQUEST")
    for name, value in found.items():
        field = descriptor.fields_by_name.get(name)
        single = field is not None and field.message_type is None and not field.is_repeated
        if single and isinstance(value, list | dict):
            raise invalid(f"{name}: expected a single value; found {type(value).__name__}.", "MALFORMED_REQUEST")


def _refusal(status: int, body: bytes, content_type: str, asked: str) -> DatabricksError:
    """MLflow's error as one of ours, so that it leaves with a request id like every other."""
    if not content_type.startswith("application/json"):
        return not_found(f"No API found for '{asked}'", "ENDPOINT_NOT_FOUND")
    error = json.loads(body)
    return DatabricksError(status, error["error_code"], error["message"])


def _guarded(handler: Callable[..., Any], message_class: Any, rule: Rule) -> Callable[..., Any]:
    """The handler, after the caller's permission on every experiment it touches was checked."""

    @wraps(handler)
    @handlers.catch_mlflow_exception  # type: ignore[untyped-decorator]
    def guarded(**path: str) -> Any:
        call = caller.current()
        _require_values(request.get_data(), message_class.DESCRIPTOR)
        # Parsed just as the handler will parse it, so that both see the same experiment.
        message = handlers._get_request_message(message_class())
        if not getattr(message, "page_token", "").isascii():  # those that are given out are base64
            raise invalid("page_token is not one of this workspace's.")
        store = handlers._get_tracking_store()
        for experiment_id in dict.fromkeys(rule.experiments(store, message, path)):
            experiment_access.require(call, experiment_id, rule.level)
        return handler(**path)

    return guarded


def _only_readable_experiments(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def filtered(**path: str) -> Any:
        response = view(**path)
        if response.status_code != 200:
            return response
        call = caller.current()
        body = json.loads(response.get_data())
        found = body.get("experiments", [])
        body["experiments"] = [e for e in found if experiment_access.may(call, e["experiment_id"], READ)]
        return FlaskResponse(json.dumps(body), mimetype="application/json")

    return filtered
