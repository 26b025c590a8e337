"""The expressions of workflow definitions: what they mean, and that nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rehearsal.workspace.arm.errors import ArmError
from rehearsal.workspace.arm.logic import definition
from rehearsal.workspace.arm.logic.expressions import ExpressionError, Scope, evaluated

SCOPE = Scope(
    trigger={"body": {"name": "delay", "late": [1, 2], "nothing": None}, "headers": {"x": "y"}},
    outputs={"find": {"statusCode": 200, "body": {"jobs": [{"job_id": 7}]}}},
    parameters={"host": "http://127.0.0.1"},
    workflow={"run": {"name": "0800"}},
    now=datetime(2013, 5, 7, 7, 30, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("@utcNow()", "2013-05-07T07:30:00.000000Z"),
        ("a@b.example", "a@b.example"),
        ("@@literal", "@literal"),
        ("@triggerBody()", SCOPE.trigger["body"]),
        ("@triggerBody()['name']", "delay"),
        ("@triggerBody().name", "delay"),
        ("@triggerBody()?['missing']?['more']", None),
        ("@body('find')['jobs'][0]['job_id']", 7),
        ("@first(body('find').jobs)?.job_id", 7),
        ("@{triggerBody()['late']}", "[1, 2]"),
        ("@{parameters('host')}/jobs/@{body('find')['jobs'][0]['job_id']}", "http://127.0.0.1/jobs/7"),
        ("@outputs('find')['statusCode']", 200),
        ("@workflow()['run']['name']", "0800"),
        ("@concat('it''s ', triggerBody()['name'], ' ', string(1.5))", "it's delay 1.5"),
        ("@if(equals(length(triggerBody()['late']), 2), 'yes', 'no')", "yes"),
        ("@coalesce(triggerBody()['nothing'], 'default')", "default"),
        ("@encodeUriComponent('a b&c')", "a%20b%26c"),
        ({"deep": ["@{triggerBody()['name']}", 1, True]}, {"deep": ["delay", 1, True]}),
    ],
)
def test_meaning(template: Any, expected: Any) -> None:
    assert evaluated(template, SCOPE) == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("@dayOfWeek(1)", "the function 'dayOfWeek' is not one that the local Azure knows"),
        ("@{triggerBody()", "a closing brace is expected"),
        ("@triggerBody() and more", "nothing is expected after position"),
        ("@concat('a' 'b')", "',' is expected"),
        ("@", "cannot be understood"),
        ("@triggerBody()['missing']", "there is no 'missing'"),
        ("@body('later')", "'later' has no outputs"),
    ],
)
def test_refusals(template: str, message: str) -> None:
    with pytest.raises(ExpressionError, match="(?s).*" + message.replace("(", r"\(").replace("'", "'")):
        evaluated(template, SCOPE)


def http(after: dict[str, list[str]] | None = None, **inputs: Any) -> dict[str, Any]:
    return {"type": "Http", "inputs": {"method": "GET", "uri": "http://127.0.0.1", **inputs}, "runAfter": after or {}}


def test_actions_run_after_what_they_name() -> None:
    actions = {"c": http({"a": ["Succeeded"], "b": ["Failed"]}), "b": http({"a": ["Succeeded"]}), "a": http()}
    assert definition.in_order(actions) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({"a": {"type": "JavaScriptCode"}}, "action 'a' is of type 'JavaScriptCode'"),
        ({"a": http({"b": ["Succeeded"]})}, "runs after 'b', which is no action"),
        ({"a": http({"b": ["Succeeded"]}), "b": http({"a": ["Succeeded"]})}, "run in circles: a, b"),
        ({"a": http(body="@body('b')")}, "refers to 'b', which is no action"),
        ({"a": http({"a": ["Whenever"]})}, "with statuses other than"),
    ],
)
def test_what_cannot_run_is_no_definition(actions: dict[str, Any], message: str) -> None:
    with pytest.raises(ArmError, match=message) as error:
        definition.check({"triggers": {}, "actions": actions})
    assert (error.value.status, error.value.code) == (400, "InvalidTemplate")
