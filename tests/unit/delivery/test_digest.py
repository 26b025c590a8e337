"""Plans that would do the same have the same digest; any other deed has another."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from delivery.digest import NOTHING, digest


def plan() -> dict[str, Any]:
    job = {"name": "training", "timeout": 60, "updated": "10:00", "wheel": "/a.whl"}
    return {
        "resource_changes": [
            {
                "address": "databricks_job.training",
                "change": {"actions": ["update"], "before": job, "after": {**job, "wheel": "/b.whl"}},
            },
            {"address": "databricks_schema.kept", "change": {"actions": ["no-op"], "before": {"x": 1}, "after": {}}},
            {
                "address": "databricks_grants.new",
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": {"grant": [{"principal": "people"}]},
                    "after_unknown": {"id": True, "grant": [{}]},
                },
            },
        ],
        "output_changes": {"url": {"actions": ["no-op"], "before": "x", "after": "x"}},
    }


def test_order_and_what_stays_as_it_is_do_not_matter() -> None:
    other = copy.deepcopy(plan())
    other["resource_changes"].reverse()
    for side in ("before", "after"):
        other["resource_changes"][2]["change"][side]["updated"] = "11:00"
    assert digest({"a": plan()}) == digest({"a": other})


def test_what_the_platform_will_set_anew_does_not_matter_as_it_was() -> None:
    replaced = {
        "address": "databricks_file.wheel",
        "change": {
            "actions": ["delete", "create"],
            "before": {"path": "/a.whl", "modification_time": 1},
            "after": {"path": "/b.whl"},
            "after_unknown": {"modification_time": True},
        },
    }
    again = copy.deepcopy(replaced)
    again["change"]["before"]["modification_time"] = 2  # put back after an integration test
    assert digest({"a": {"resource_changes": [replaced]}}) == digest({"a": {"resource_changes": [again]}})


@pytest.mark.parametrize(
    "path",
    [
        ("resource_changes", 0, "change", "after", "wheel"),
        ("resource_changes", 0, "change", "before", "wheel"),
        ("resource_changes", 0, "address"),
        ("resource_changes", 0, "change", "actions"),
        ("resource_changes", 2, "change", "after", "grant"),
    ],
)
def test_any_other_deed_has_another_digest(path: tuple[Any, ...]) -> None:
    other = copy.deepcopy(plan())
    place: Any = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = ["else"]
    assert digest({"a": plan()}) != digest({"a": other})


def test_the_same_deeds_in_another_stack_are_others() -> None:
    assert digest({"a": plan()}) != digest({"b": plan()})


def test_plans_without_deeds_are_nothing() -> None:
    quiet = plan()
    quiet["resource_changes"] = quiet["resource_changes"][1:2]
    assert digest({"a": quiet, "b": {}}) == NOTHING
