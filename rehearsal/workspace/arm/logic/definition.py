"""A workflow's definition: what of it can run here, and in which order its actions do."""

from __future__ import annotations

from rehearsal.workspace.arm.errors import invalid
from rehearsal.workspace.arm.logic.expressions import ExpressionError, expressions
from rehearsal.workspace.store import Body

ACTIONS = ("Http", "Compose", "Response", "Terminate")
STATUSES = ("Succeeded", "Failed", "Skipped", "TimedOut")


def check(definition: Body) -> None:
    """Refuse what could not run, as Azure does when a workflow is put. Raises ArmError 400 (InvalidTemplate)."""
    for name, trigger in definition.get("triggers", {}).items():
        if trigger.get("type") != "Request" or trigger.get("kind", "Http") != "Http":
            _refuse(f"trigger '{name}' is of type '{trigger.get('type')}'; the local Azure has HTTP requests only")
    if len(definition.get("triggers", {})) > 1:
        _refuse("a workflow with several triggers cannot run in the local Azure")
    actions = definition.get("actions", {})
    for name, action in actions.items():
        if action.get("type") not in ACTIONS:
            _refuse(f"action '{name}' is of type '{action.get('type')}'; the local Azure has {', '.join(ACTIONS)}")
        for other, statuses in action.get("runAfter", {}).items():
            if other not in actions:
                _refuse(f"action '{name}' runs after '{other}', which is no action of the workflow")
            if not set(statuses) <= set(STATUSES):
                _refuse(f"action '{name}' runs after '{other}' with statuses other than {', '.join(STATUSES)}")
        try:
            nodes = list(expressions(action.get("inputs")))
        except ExpressionError as error:
            _refuse(f"action '{name}': {error}")
        for call in (call for node in nodes for call in node.calls() if call.value in ("body", "outputs")):
            named = call.inner[0].value if call.inner else None
            if named not in actions:
                _refuse(f"action '{name}' refers to '{named}', which is no action of the workflow")
    in_order(actions)


def in_order(actions: Body) -> list[str]:
    """The actions' names, each after those that it runs after. Raises ArmError 400 when they run in circles."""
    ordered: list[str] = []
    while len(ordered) < len(actions):
        ready = [
            name
            for name, action in actions.items()
            if name not in ordered and all(other in ordered for other in action.get("runAfter", {}))
        ]
        if not ready:
            _refuse(f"actions run in circles: {', '.join(name for name in actions if name not in ordered)}")
        ordered += ready
    return ordered


def answers(definition: Body) -> bool:
    """Does the workflow answer its caller itself, by a Response action?"""
    return any(action["type"] == "Response" for action in definition.get("actions", {}).values())


def _refuse(message: str) -> None:
    raise invalid(f"The template validation failed: {message}.", "InvalidTemplate")
