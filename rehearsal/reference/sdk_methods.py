"""Which request each method of databricks-sdk makes, read from the SDK's own source.

A method that builds on others (waiters, paging mixins) makes no request of its own and is not listed.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from pathlib import Path

from databricks.sdk import AccountClient, WorkspaceClient, service

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
    requests = _requests()
    found = [
        SdkMethod(letter, api, name, verb, path)
        for letter, client in (("w", WorkspaceClient), ("a", AccountClient))
        for api, class_name in _apis(client)
        for name, verb, path in requests.get(class_name, ())
    ]
    return sorted(found, key=lambda m: (m.client != "w", m.api, m.name))


def _apis(client: type) -> list[tuple[str, str]]:
    """(attribute, class name) of a client's APIs; an extended class (`JobsExt`) counts as the one that it extends."""
    found = []
    for name, value in inspect.getmembers(client, lambda member: isinstance(member, property)):
        returned = inspect.get_annotations(value.fget).get("return")
        names = [base.__name__ for base in inspect.getmro(returned)] if isinstance(returned, type) else []
        found += [(name, class_name) for class_name in names if class_name.endswith("API")][:1]
    return found


def _requests() -> dict[str, list[tuple[str, str, str]]]:
    """(method, verb, path) by class, of all modules of the SDK's services."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for file in sorted(Path(service.__path__[0]).glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("API"):
                methods = [m for m in node.body if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")]
                found[node.name] = [(m.name, *request) for m in methods if (request := _request(m)) is not None]
    return found


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
