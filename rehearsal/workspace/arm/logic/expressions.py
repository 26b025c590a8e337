"""The workflow definition language's expressions: `@triggerBody()?['id']`, `text @{body('Find')['name']}`.

The part that small workflows use; everything else is refused when the workflow is put, not when it runs.
https://learn.microsoft.com/azure/logic-apps/workflow-definition-language-functions-reference
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>\w+)|(?P<sign>\?\[|\?\.|[()\[\],.}]))"
)
CONSTANTS = {"true": True, "false": False, "null": None}


class ExpressionError(Exception):
    """The expression cannot be understood, or not be evaluated; the message quotes it."""


@dataclass(frozen=True)
class Scope:
    """What an expression can refer to: outputs of the trigger and of finished actions, parameters, run, time."""

    trigger: dict[str, Any]
    outputs: dict[str, dict[str, Any]]
    parameters: dict[str, Any]
    workflow: dict[str, Any]
    now: datetime

    def output(self, action: str) -> dict[str, Any]:
        """The outputs of an action that has run. Raises ExpressionError."""
        if action not in self.outputs:
            raise ExpressionError(f"the action '{action}' has no outputs: it did not run before")
        return self.outputs[action]


@dataclass(frozen=True)
class Node:
    """A literal, a call of a function, or the access to a part of another node."""

    kind: str  # "literal", "call", "item"
    value: Any  # the literal; the function's name; whether the access may miss (`?`)
    inner: tuple[Node, ...] = ()

    def calls(self) -> Iterator[Node]:
        """All calls in the expression."""
        if self.kind == "call":
            yield self
        for node in self.inner:
            yield from node.calls()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "triggerbody": lambda scope: scope.trigger.get("body"),
    "triggeroutputs": lambda scope: scope.trigger,
    "body": lambda scope, action: scope.output(action).get("body"),
    "outputs": lambda scope, action: scope.output(action),
    "parameters": lambda scope, name: _item(scope.parameters, name, False),
    "workflow": lambda scope: scope.workflow,
    "first": lambda scope, items: items[0] if items else None,
    "last": lambda scope, items: items[-1] if items else None,
    "length": lambda scope, items: len(items),
    "empty": lambda scope, items: not items,
    "contains": lambda scope, items, item: item in items,
    "coalesce": lambda scope, *values: next((value for value in values if value is not None), None),
    "concat": lambda scope, *values: "".join(text(value) for value in values),
    "string": lambda scope, value: text(value),
    "int": lambda scope, value: int(value),
    "json": lambda scope, value: json.loads(value),
    "equals": lambda scope, one, other: one == other,
    "not": lambda scope, value: not value,
    "and": lambda scope, *values: all(values),
    "or": lambda scope, *values: any(values),
    "greater": lambda scope, one, other: one > other,
    "less": lambda scope, one, other: one < other,
    "if": lambda scope, condition, yes, no: yes if condition else no,
    "encodeuricomponent": lambda scope, value: quote(text(value), safe=""),
    "utcnow": lambda scope: scope.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "tolower": lambda scope, value: text(value).lower(),
}


def evaluated(value: Any, scope: Scope) -> Any:
    """A definition's value with every expression in it replaced by what it stands for. Raises ExpressionError."""
    if isinstance(value, dict):
        return {key: evaluated(inner, scope) for key, inner in value.items()}
    if isinstance(value, list):
        return [evaluated(inner, scope) for inner in value]
    if not isinstance(value, str):
        return value
    parts = parsed(value)
    if len(parts) == 1 and isinstance(parts[0], Node) and not value.startswith("@{"):
        return _value(parts[0], scope, value)
    return "".join(part if isinstance(part, str) else text(_value(part, scope, value)) for part in parts)


def expressions(value: Any) -> Iterator[Node]:
    """All expressions in a definition's value. Raises ExpressionError for what cannot be understood."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)
    elif isinstance(value, str):
        yield from (part for part in parsed(value) if isinstance(part, Node))


def parsed(template: str) -> list[str | Node]:
    """A text's literal parts and expressions."""
    if template.startswith("@@"):
        return [template[1:]]
    if template.startswith("@") and not template.startswith("@{"):
        node, end = _Parser(template).expression(1)
        if template[end:].strip():
            raise ExpressionError(f"'{template}': nothing is expected after position {end}")
        return [node]
    parts: list[str | Node] = []
    position = 0
    while (start := template.find("@{", position)) >= 0:
        node, end = _Parser(template).expression(start + 2)
        if template[end : end + 1] != "}":
            raise ExpressionError(f"'{template}': a closing brace is expected at position {end}")
        parts += [template[position:start], node]
        position = end + 1
    return [part for part in (*parts, template[position:]) if part != ""]


def text(value: Any) -> str:
    """A value within a text: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


class _Parser:
    def __init__(self, template: str) -> None:
        self.template = template

    def expression(self, position: int) -> tuple[Node, int]:
        found = self._token(position)
        if found["string"]:
            node, position = Node("literal", found["string"][1:-1].replace("''", "'")), found.end()
        elif found["number"]:
            node, position = Node("literal", json.loads(found["number"])), found.end()
        elif found["name"] in CONSTANTS:
            node, position = Node("literal", CONSTANTS[found["name"]]), found.end()
        elif found["name"]:
            node, position = self._call(found["name"], found.end())
        else:
            raise self._error(position)
        return self._accesses(node, position)

    def _call(self, name: str, position: int) -> tuple[Node, int]:
        if name.lower() not in FUNCTIONS:
            message = f"'{self.template}': the function '{name}' is not one that the local Azure knows"
            raise ExpressionError(f"{message}: {', '.join(FUNCTIONS)}")
        position = self._sign("(", position)
        arguments: list[Node] = []
        while not (closing := self._is("\\)", position)):
            if arguments:
                position = self._sign(",", position)
            argument, position = self.expression(position)
            arguments.append(argument)
        return Node("call", name.lower(), tuple(arguments)), closing

    def _accesses(self, node: Node, position: int) -> tuple[Node, int]:
        while found := TOKEN.match(self.template, position):
            sign = found["sign"]
            if sign in ("[", "?["):
                index, position = self.expression(found.end())
                position = self._sign("]", position)
            elif sign in (".", "?."):
                name = self._token(found.end())
                index, position = Node("literal", name["name"]), name.end()
            else:
                break
            node = Node("item", sign.startswith("?"), (node, index))
        return node, position

    def _token(self, position: int) -> re.Match[str]:
        found = TOKEN.match(self.template, position)
        if found is None:
            raise self._error(position)
        return found

    def _is(self, sign: str, position: int) -> int:
        found = re.compile(rf"\s*{sign}").match(self.template, position)
        return found.end() if found else 0

    def _sign(self, sign: str, position: int) -> int:
        end = self._is(re.escape(sign), position)
        if not end:
            raise ExpressionError(f"'{self.template}': '{sign}' is expected at position {position}")
        return end

    def _error(self, position: int) -> ExpressionError:
        return ExpressionError(f"'{self.template}' cannot be understood from position {position} on")


def _value(node: Node, scope: Scope, template: str) -> Any:
    if node.kind == "literal":
        return node.value
    values = [_value(inner, scope, template) for inner in node.inner]
    try:
        if node.kind == "call":
            return FUNCTIONS[node.value](scope, *values)
        return _item(values[0], values[1], node.value)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise ExpressionError(f"'{template}' cannot be evaluated: {error}") from error


def _item(value: Any, index: Any, may_miss: bool) -> Any:
    if value is None and may_miss:
        return None
    found = isinstance(value, dict) and index in value
    found = found or (isinstance(value, list) and isinstance(index, int) and -len(value) <= index < len(value))
    if found:
        return value[index]
    if may_miss:
        return None
    raise ExpressionError(f"there is no '{index}' in {text(value)[:200]}")
