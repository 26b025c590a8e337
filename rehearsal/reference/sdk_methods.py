"""Which request each method of databricks-sdk makes, read from the SDK's own source.

A method that builds on others (waiters, paging mixins) makes no request of its own and is not listed.
"""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import dataclass
from functools import cache

from databricks.sdk import AccountClient, WorkspaceClient

CLIENTS: dict[str, type] = {"w": WorkspaceClient, "a": AccountClient}
# Stands for a value in a path; no route has a fixed part of this name.
VALUE = "VALUE"
# Stands for a whole path of the Files API, as the SDK appends it.
_FILE_PATH = f"/Volumes/{VALUE}/{VALUE}/{VALUE}/{VALUE}"


@dataclass(frozen=True)
class SdkMethod:
    """One method, as a user writes it, and its request."""

    client: str
    """`w` for WorkspaceClient, `a` for AccountClient."""
    api: str
    name: str
    verb: str
    path: str


def sdk_methods() -> list[SdkMethod]:
    """All methods of both clients, in order of client, API and name."""
    found = [
        SdkMethod(letter, api, name, verb, path)
        for letter, client in CLIENTS.items()
        for api, service in _apis(client)
        for name, verb, path in _requests(service)
    ]
    return sorted(found, key=lambda m: (m.client != "w", m.api, m.name))


def api_class(returned: type) -> type | None:
    """The class of a client's API; an extension (`JobsExt`) builds on the requests of the one below it."""
    return next((base for base in inspect.getmro(returned) if base.__name__.endswith("API")), None)


def _apis(client: type) -> list[tuple[str, type]]:
    """(attribute, class) of a client's APIs."""
    found = []
    for name, value in inspect.getmembers(client, lambda member: isinstance(member, property)):
        returned = inspect.get_annotations(value.fget).get("return")
        service = api_class(returned) if isinstance(returned, type) else None
        if service is not None:
            found.append((name, service))
    return found


def _requests(service: type) -> list[tuple[str, str, str]]:
    """(method, verb, path) of a class."""
    methods = [
        m
        for m in _classes(service.__module__)[service.__name__].body
        if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")
    ]
    return [(method.name, *request) for method in methods if (request := _request(method)) is not None]


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    """A module's classes by name. (Asked for a class's source, `inspect` parses the whole module each time.)"""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _request(method: ast.FunctionDef) -> tuple[str, str] | None:
    """Verb and path of the call `self._api.do(verb, path, …)` in a method."""
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._api.do":
            match node.args:
                case [ast.Constant(value=str(verb)), path, *_]:
                    return verb, _path(path)
    return None


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else _value(part) for part in node.values)
    assert isinstance(node, ast.Constant), ast.dump(node)
    return str(node.value)


def _value(part: ast.expr) -> str:
    return _FILE_PATH if "multi_segment_path" in ast.unparse(part) else VALUE
