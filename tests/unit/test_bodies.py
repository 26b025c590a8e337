"""Request bodies: what the SDK's dataclasses take, and what is refused before they see it."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk.service.catalog import SchemaInfo, TableInfo, VolumeInfo
from databricks.sdk.service.jobs import JobSettings

from rehearsal.workspace.bodies import checked, parsed
from rehearsal.workspace.errors import DatabricksError


def test_a_right_body_is_what_the_sdk_makes_of_it() -> None:
    body = {"name": "late", "max_concurrent_runs": 2, "tasks": [{"task_key": "a", "depends_on": [{"task_key": "b"}]}]}
    assert parsed(JobSettings, body) == JobSettings.from_dict(body)


def test_numbers_and_booleans_may_come_as_text_and_text_as_numbers() -> None:
    tasks = [{"task_key": 7, "retry_on_timeout": "true"}]
    found = parsed(JobSettings, {"max_concurrent_runs": "3", "timeout_seconds": 5.0, "tasks": tasks})
    assert (found.max_concurrent_runs, found.timeout_seconds) == (3, 5)
    assert found.tasks and (found.tasks[0].task_key, found.tasks[0].retry_on_timeout) == ("7", True)


def test_nulls_are_absent_and_strange_fields_stay() -> None:
    assert checked(SchemaInfo, {"name": "a", "comment": None, "new": [1]}) == {"name": "a", "new": [1]}


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (SchemaInfo, [], "the body: expected an object; found a list"),
        (SchemaInfo, {"name": ["a"]}, "name: expected a string; found a list"),
        (SchemaInfo, {"properties": {"a": {}}}, "properties.a: expected a string; found an object"),
        (JobSettings, {"tasks": {"task_key": "a"}}, "tasks: expected a list; found an object"),
        (JobSettings, {"tasks": [{"task_key": "a"}, 3]}, r"tasks\[1\]: expected an object; found 3"),
        (JobSettings, {"timeout_seconds": "soon"}, "timeout_seconds: expected a number; found 'soon'"),
        (JobSettings, {"timeout_seconds": 0.5}, "timeout_seconds: expected a number; found 0.5"),
        (
            JobSettings,
            {"tasks": [{"retry_on_timeout": 1}]},
            r"tasks\[0\].retry_on_timeout: expected a boolean; found 1",
        ),
        (VolumeInfo, {"volume_type": "BIG"}, "volume_type: expected one of EXTERNAL, MANAGED; found 'BIG'"),
        (TableInfo, {"columns": [{"position": []}]}, r"columns\[0\].position: expected a number; found a list"),
    ],
)
def test_what_is_of_another_type_is_refused_by_name(kind: type[Any], body: object, message: str) -> None:
    with pytest.raises(DatabricksError, match=message) as caught:
        parsed(kind, body)
    assert caught.value.status == 400
