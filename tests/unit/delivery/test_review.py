"""What people read of a plan, and that no other is applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivery.digest import NOTHING
from delivery.errors import DeliveryError
from delivery.plan_text import section, summaries
from delivery.plans import EnvironmentPlan
from delivery.review import require_reviewed
from infra.plan.terraform import Planned


def resource(type_: str, actions: list[str], before: Any, after: Any) -> dict[str, Any]:
    return {
        "address": f"{type_}.x",
        "type": type_,
        "name": "x",
        "mode": "managed",
        "change": {"actions": actions, "before": before, "after": after},
    }


def plan(*resources: dict[str, Any], errors: tuple[str, ...] = ()) -> EnvironmentPlan:
    document = {"resource_changes": list(resources)}
    return EnvironmentPlan("staging", [Planned("staging", document, {}, Path(), Path("saved.tfplan"), errors)])


def changed(principal: str = "data|scientists") -> EnvironmentPlan:
    grant = {"principal": principal, "privileges": ["SELECT"]}
    return plan(
        resource("databricks_grants", ["update"], {"table": "t", "grant": []}, {"table": "t", "grant": [grant]}),
        resource(
            "databricks_job", ["update"], {"name": "training", "timeout": 60}, {"name": "training", "timeout": 90}
        ),
    )


def test_people_read_who_gains_access_and_what_changes_from_what_to_what() -> None:
    text = section(changed(), "abc", "https://example.com/run")
    assert f"digest `{changed().digest}`" in text
    assert "| data\\|scientists | table t | SELECT |" in text
    assert "timeout: 60 → 90" in text
    assert summaries(changed()) == "staging: 2 to update"


def test_nothing_is_said_to_be_nothing() -> None:
    assert plan().digest == NOTHING
    assert "nothing would change" in section(plan(), "abc", "")


def test_the_plan_that_was_read_goes_on_and_so_does_nothing() -> None:
    require_reviewed(changed(), changed().digest)
    require_reviewed(plan(), None)
    require_reviewed(plan(), "another")


def test_any_other_plan_is_refused_with_what_to_do() -> None:
    with pytest.raises(DeliveryError, match=f"deploy with REVIEWED={changed('others').digest}"):
        require_reviewed(changed("others"), changed().digest)
    with pytest.raises(DeliveryError, match="a plan that was published for review before"):
        require_reviewed(changed(), None)


def test_a_plan_that_terraform_refuses_is_not_applied_whoever_has_read_it() -> None:
    refused = plan(errors=("databricks_catalog.data: it is protected",))
    with pytest.raises(DeliveryError, match="it is protected"):
        require_reviewed(refused, refused.digest)
