"""An OpenAPI document of what databricks-sdk may send: its methods' parameters and the types of its own dataclasses."""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import textwrap
import types
import typing
from collections.abc import Iterable
from typing import Any

from rehearsal.reference.sdk_methods import CLIENTS, SdkMethod, api_class
from rehearsal.workspace.identity.installation import ACCOUNT_ID

Schema = dict[str, Any]
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Any: {},
    dict: {"type": "object"},
}


def document(methods: Iterable[SdkMethod], known: dict[str, str]) -> Schema:
    """OpenAPI 3.0 of the methods.

    Args:
        known: by name of a parameter or field, a value that exists, so that requests get past the first look-up.
    """
    return _Writer(known).document(methods)


class _Writer:
    def __init__(self, known: dict[str, str]) -> None:
        self._known = known
        self._components: dict[str, Schema] = {}

    def document(self, methods: Iterable[SdkMethod]) -> Schema:
        paths: dict[str, Any] = {}
        for method in methods:
            path, operation = self._operation(method)
            paths.setdefault(path, {})[method.verb.lower()] = operation
        return {
            "openapi": "3.0.2",
            "info": {"title": "what databricks-sdk sends", "version": "1"},
            "paths": paths,
            "components": {"schemas": self._components},
        }

    def _operation(self, method: SdkMethod) -> tuple[str, Schema]:
        returned = inspect.get_annotations(getattr(CLIENTS[method.client], method.api).fget)["return"]
        function = getattr(api_class(returned), method.name)
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function)))).body[0]
        hints = typing.get_type_hints(function)
        path, names = _path_template(tree)
        parameters = [self._parameter(name, "path", hints.get(name, str)) for name in names]
        parameters += [self._parameter(key, "query", hints.get(name, str)) for key, name in _assigned(tree, "query")]
        operation: Schema = {"operationId": f"{method.client}.{method.api}.{method.name}", "parameters": parameters}
        if method.verb not in ("GET", "HEAD", "DELETE"):
            content = {"application/json": {"schema": self._body(tree, hints)}}
            operation["requestBody"] = {"required": True, "content": content}
        return path, {**operation, "responses": {"default": {"description": "an answer"}}}

    def _parameter(self, name: str, where: str, hint: Any) -> Schema:
        schema = self._named(name, hint)
        return {"name": name, "in": where, "required": where == "path", "schema": schema}

    def _body(self, tree: ast.AST, hints: dict[str, Any]) -> Schema:
        for node in ast.walk(tree):
            match node:
                case ast.Assign(
                    targets=[ast.Name(id="body")], value=ast.Call(func=ast.Attribute(value=ast.Name(id=n)))
                ):
                    return self._schema(hints[n])
        return {
            "type": "object",
            "properties": {key: self._named(key, hints.get(name, str)) for key, name in _assigned(tree, "body")},
        }

    def _named(self, name: str, hint: Any) -> Schema:
        schema = self._schema(hint)
        if name in self._known:
            return {"anyOf": [{"enum": [self._known[name]]}, schema]}
        return schema

    def _schema(self, hint: Any) -> Schema:
        if hint in _PLAIN:
            return _PLAIN[hint]
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._schema(next(a for a in arguments if a is not type(None)))
        if origin is list:
            return {"type": "array", "items": self._schema(arguments[0]), "maxItems": 3}
        if origin is dict:
            return {"type": "object", "additionalProperties": self._schema(arguments[1])}
        if inspect.isclass(hint) and issubclass(hint, enum.Enum):
            return {"type": "string", "enum": [member.value for member in hint]}
        if dataclasses.is_dataclass(hint):
            return self._component(typing.cast(type, hint))
        return {"type": "string"}  # timestamps, durations and masks travel as text

    def _component(self, kind: type) -> Schema:
        name = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
        if name not in self._components:
            self._components[name] = {}
            hints = typing.get_type_hints(kind)
            fields = dataclasses.fields(kind)  # type: ignore[arg-type]
            properties = {field.name: self._named(field.name, hints[field.name]) for field in fields}
            self._components[name] = {"type": "object", "properties": properties}
        return {"$ref": f"#/components/schemas/{name}"}


def _path_template(tree: ast.AST) -> tuple[str, list[str]]:
    """`/api/…/{name}` and the names in it, of the method's call of the API client."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="do"), args=[ast.Constant(), ast.Constant(value=str(path)), *_]):
                return path, []
            case ast.Call(func=ast.Attribute(attr="do"), args=[ast.Constant(), ast.JoinedStr(values=parts), *_]):
                return _joined(parts)
    raise AssertionError(ast.dump(tree))


def _joined(parts: list[ast.expr]) -> tuple[str, list[str]]:
    path, names = "", []
    for part in parts:
        if isinstance(part, ast.Constant):
            path += str(part.value)
            continue
        assert isinstance(part, ast.FormattedValue)
        inside = [node.id for node in ast.walk(part) if isinstance(node, ast.Name)]
        if inside == ["self"]:
            path += ACCOUNT_ID
        else:
            name = next(name for name in inside if not name.startswith("_"))
            names.append(name)
            path += f"/Volumes/{{{name}}}" if "multi_segment" in ast.unparse(part) else f"{{{name}}}"
    return path, names


def _assigned(tree: ast.AST, target: str) -> list[tuple[str, str]]:
    """(key, parameter) of the statements `target["key"] = parameter…`."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key)))], value=value
            ) if name == target:
                names = [inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)]
                found.append((key, names[0] if names else key))
    return found
