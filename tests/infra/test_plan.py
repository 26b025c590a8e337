"""From Terraform's plan to rows: what people read of changes, drift, access and protection."""

from __future__ import annotations

from typing import Any

import pytest

from infra.plan.__main__ import stacks_of, told, worst
from infra.plan.access import AccessChange, access_changes
from infra.plan.changes import Change, changes, drift, outputs
from infra.plan.labels import Labels
from infra.plan.protection import Protection, protection
from infra.plan.tables import access_table, changes_table, console, drift_table, summary
from infra.plan.values import HIDDEN, UNKNOWN, Difference, completed, differences, plain
from tests.infra.synthesis import Stacks

JOBS = "0eea02e4-3166-48cb-a4d6-c879f4a57e26"


def resource(address: str, actions: list[str], before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    type_, name = address.split(".")
    change = {"actions": actions, "before": before, "after": after, **more}
    return {"address": address, "mode": "managed", "type": type_, "name": name, "change": change}


def access(plan: dict[str, Any]) -> list[AccessChange]:
    return access_changes(plan, Labels(plan, {"staging": "understudy-staging-jobs"}))


def grants(*held: tuple[str, str], on: str = "staging") -> dict[str, Any]:
    return {"catalog": on, "grant": [{"principal": who, "privileges": [what]} for who, what in held]}


def test_a_difference_is_told_by_the_path_that_people_know() -> None:
    before = {"task": [{"task_key": "train", "timeout_seconds": 60}, {"task_key": "deploy"}], "tags": {"a": "b"}}
    after = {"task": [{"task_key": "deploy"}, {"task_key": "train", "timeout_seconds": 120}], "tags": {"a": "c"}}
    assert differences(before, after) == [
        Difference("tags.a", "b", "c"),
        Difference("task[train].timeout_seconds", "60", "120"),
    ]


def test_absent_null_and_empty_are_the_same() -> None:
    assert differences({"a": None, "b": [], "c": {}}, {}) == []


def test_a_block_that_is_alone_needs_no_number_and_others_have_one() -> None:
    assert differences({"spec": [{"client": "1"}]}, {"spec": [{"client": "2"}]})[0].path == "spec.client"
    assert differences({"s": [{"x": 1}, {"x": 2}]}, {"s": [{"x": 1}, {"x": 3}]})[0].path == "s[1].x"


@pytest.mark.parametrize(
    ("before", "after", "masks"),
    [
        ({"value": "old"}, {"value": "new"}, ({"value": True}, {"value": True})),
        ({"list": ["old"]}, {"list": ["new"]}, ({}, {"list": [True]})),
        ({"config": [{"url": "old"}]}, {"config": [{"url": "new"}]}, ({"config": True}, {})),
        ({"client_secret": "old"}, {"client_secret": "new"}, (False, False)),
        ({"string_value": "old"}, {"string_value": "new"}, (False, False)),
    ],
)
def test_secrets_are_hidden_by_terraforms_mask_and_by_name(before: Any, after: Any, masks: tuple[Any, Any]) -> None:
    (difference,) = differences(before, after, *masks)
    assert (difference.old, difference.new) == (HIDDEN, HIDDEN)


def test_the_signature_in_an_address_is_hidden() -> None:
    assert (
        plain("https://x/triggers/t?api-version=1&sig=Abc%2F9&sv=1.0")
        == "https://x/triggers/t?api-version=1&sig=…&sv=1.0"
    )


def test_what_is_long_is_cut_and_its_length_told() -> None:
    assert plain("x" * 5000).endswith("(5,000 characters)") and len(plain("x" * 5000)) < 80


def test_what_only_the_deployment_tells_is_filled_in() -> None:
    after = completed({"name": "x", "list": [{"a": 1}]}, {"id": True, "list": [{"b": True}]})
    assert after == {"name": "x", "id": UNKNOWN, "list": [{"a": 1, "b": UNKNOWN}]}


def test_an_update_tells_what_we_set_and_not_what_the_platform_computes_anew() -> None:
    plan = {
        "resource_changes": [
            resource(
                "databricks_job.j",
                ["update"],
                {"name": "n", "etag": "1", "policy_id": "p"},
                {"name": "m"},
                after_unknown={"etag": True, "policy_id": True},
            )
        ],
        "configuration": {
            "root_module": {
                "resources": [{"address": "databricks_job.j", "expressions": {"name": {}, "policy_id": {}}}]
            }
        },
    }
    (change,) = changes(plan)
    assert change.differences == (Difference("name", "n", "m"), Difference("policy_id", "p", UNKNOWN))


def test_a_replacement_says_what_for() -> None:
    plan = {
        "resource_changes": [
            resource(
                "databricks_schema.s", ["delete", "create"], {"name": "a"}, {"name": "b"}, replace_paths=[["name"]]
            )
        ]
    }
    (change,) = changes(plan)
    assert (change.action, change.replaced_for, change.name) == ("replace", ("name",), "b")


def test_what_is_read_or_stays_is_no_change() -> None:
    read = resource("terraform_remote_state.account", ["read"]) | {"mode": "data"}
    assert changes({"resource_changes": [read, resource("databricks_job.j", ["no-op"], {}, {})]}) == []


def test_destroying_what_is_protected_is_called_out_and_so_is_what_has_left_the_configuration() -> None:
    stack = {
        "resource": {
            "databricks_schema": {"kept": {"lifecycle": {"prevent_destroy": True}}, "free": {}},
            "databricks_job": {"j": {}},
        }
    }
    plan = {
        "resource_changes": [
            resource(address, ["delete"], {"name": address})
            for address in ("databricks_schema.kept", "databricks_schema.gone", "databricks_job.j")
        ]
    }
    assert [(c.address, c.guard) for c in changes(plan, protection(stack))] == [
        ("databricks_job.j", ""),
        ("databricks_schema.gone", "left"),
        ("databricks_schema.kept", "refused"),
    ]


def test_drift_tells_what_was_done_outside_terraform() -> None:
    plan = {
        "resource_drift": [
            resource(
                "databricks_schema.s", ["update"], {"name": "s", "comment": "ours"}, {"name": "s", "comment": "theirs"}
            ),
            resource("databricks_job.j", ["delete"], {"name": "j"}),
            resource("databricks_job.k", ["update"], {"name": "k", "tags": None}, {"name": "k", "tags": {}}),
        ]
    }
    assert drift(plan) == [
        Change("databricks_job.j", "databricks_job", "j", "destroy"),
        Change("databricks_schema.s", "databricks_schema", "s", "update", (Difference("comment", "ours", "theirs"),)),
    ]


def test_outputs_that_change_are_told_and_secret_ones_not_in_the_clear() -> None:
    secret = {"actions": ["update"], "before": "a", "after": "b", "before_sensitive": True, "after_sensitive": True}
    plan = {"output_changes": {"url": {"actions": ["create"], "before": None, "after": "https://x"}, "key": secret}}
    assert [(row.name, row.differences[0].new) for row in outputs(plan)] == [("key", HIDDEN), ("url", "https://x")]


def test_access_is_compared_as_a_whole_and_service_principals_have_names() -> None:
    state = {
        "type": "terraform_remote_state",
        "name": "account",
        "values": {"outputs": {"service_principals": {"staging": {"id": "7", "application_id": JOBS}}}},
    }
    plan = {
        "prior_state": {"values": {"root_module": {"resources": [state]}}},
        "resource_changes": [
            resource("databricks_grants.old", ["delete"], grants((JOBS, "USE_CATALOG"), ("people", "SELECT")), None),
            resource("databricks_grants.new", ["create"], None, grants((JOBS, "MODIFY"), ("people", "SELECT"))),
        ],
    }
    assert access(plan) == [
        AccessChange("understudy-staging-jobs", "catalog", ("staging",), ("MODIFY",), ("USE_CATALOG",))
    ]


def test_equal_changes_on_several_securables_share_a_row() -> None:
    plan = {
        "resource_changes": [
            resource(f"databricks_grants.{name}", ["create"], None, grants(("people", "SELECT"), on=name))
            for name in ("staging", "dev")
        ]
    }
    assert access(plan) == [AccessChange("people", "catalog", ("dev", "staging"), ("SELECT",), ())]


def test_the_name_of_an_object_whose_id_is_not_known_yet_comes_from_the_configuration() -> None:
    listed = {"access_control": [{"group_name": "people", "permission_level": "CAN_VIEW"}]}
    plan = {
        "resource_changes": [
            resource("databricks_job.j", ["create"], None, {"name": "nightly"}, after_unknown={"id": True}),
            resource("databricks_permissions.p", ["create"], None, listed, after_unknown={"job_id": True, "id": True}),
        ],
        "configuration": {
            "root_module": {
                "resources": [
                    {
                        "address": "databricks_permissions.p",
                        "expressions": {"job_id": {"references": ["databricks_job.j.id", "databricks_job.j"]}},
                    }
                ]
            }
        },
    }
    assert access(plan) == [AccessChange("people", "job", ("nightly",), ("CAN_VIEW",), ())]


@pytest.mark.parametrize(
    ("type_", "values", "expected"),
    [
        (
            "secret_acl",
            {"principal": "people", "scope": "s", "permission": "READ"},
            ("people", "secret scope", "s", "READ"),
        ),
        (
            "workspace_binding",
            {"workspace_id": 1, "securable_name": "prod", "binding_type": "BINDING_TYPE_READ_ONLY"},
            ("workspace 1", "catalog", "prod", "READ_ONLY"),
        ),
        (
            "mws_permission_assignment",
            {"principal_id": 5, "workspace_id": 1, "permissions": ["USER"]},
            ("5", "workspace", "1", "USER"),
        ),
        ("group_member", {"group_id": "9", "member_id": "5"}, ("5", "group", "9", "MEMBER")),
        ("sql_table", {"name": "t", "owner": "people"}, ("people", "table", "t", "OWNER")),
        (
            "permissions",
            {"sql_endpoint_id": "w", "access_control": [{"user_name": "a@b.c", "permission_level": "CAN_USE"}]},
            ("a@b.c", "warehouse", "w", "CAN_USE"),
        ),
    ],
)
def test_every_kind_of_access_is_read(type_: str, values: dict[str, Any], expected: tuple[str, str, str, str]) -> None:
    principal, kind, securable, privilege = expected
    rows = access({"resource_changes": [resource(f"databricks_{type_}.x", ["create"], None, values)]})
    assert rows == [AccessChange(principal, kind, (securable,), (privilege,), ())]


def test_roles_on_a_service_principal_are_access_to_what_people_call_it() -> None:
    rules = {"grant_rules": [{"role": "roles/servicePrincipal.user", "principals": ["groups/people"]}]}
    known = {"name": "accounts/1/servicePrincipals/abc/ruleSets/default", **rules}
    principal = {"id": "5", "application_id": "abc", "display_name": "jobs"}
    changes = [
        resource("databricks_access_control_rule_set.x", ["create"], None, known),
        resource("databricks_service_principal.jobs", ["no-op"], principal, principal),
    ]
    expected = [AccessChange("people", "rule set", ("jobs",), ("servicePrincipal.user",), ())]
    assert access({"resource_changes": changes}) == expected

    name = "databricks_access_control_rule_set.x"
    new = {"address": name, "expressions": {"name": {"references": ["data.a.b", "databricks_service_principal.jobs"]}}}
    changes = [
        resource(name, ["create"], None, rules, after_unknown={"name": True}),
        resource("databricks_service_principal.jobs", ["create"], None, {"display_name": "jobs"}),
    ]
    assert access({"resource_changes": changes, "configuration": {"root_module": {"resources": [new]}}}) == expected


def test_an_azure_role_is_access_too() -> None:
    values = {"principal_id": "p", "role_definition_name": "Reader", "scope": "/subscriptions/s/x/storageAccounts/data"}
    rows = access({"resource_changes": [resource("azurerm_role_assignment.x", ["create"], None, values)]})
    assert rows == [AccessChange("p", "Azure resource", ("data",), ("Reader",), ())]


def test_whatever_gives_access_in_the_stacks_is_read(stacks: Stacks) -> None:
    """A type of which we know no reader would change access unseen."""
    from infra.plan.holdings import READERS

    words = ("grant", "permission", "acl", "binding", "member", "role_assignment", "entitlements", "rule_set")
    used = {type_ for stack in stacks.values() for type_ in stack["resource"] if "_ncc_" not in type_}  # network rules
    assert {type_ for type_ in used if any(word in type_ for word in words)} <= READERS.keys()


def test_an_environment_is_two_stacks_and_an_error_outranks_changes() -> None:
    assert stacks_of(["staging"]) == ["staging-workspace", "staging"]
    assert stacks_of(["account", "dev", "account"]) == ["account", "dev-workspace", "dev"]
    assert (worst([0, 2, 0]), worst([0, 1, 2]), worst([0, 0])) == (2, 1, 0)


def test_the_summary_counts() -> None:
    rows = [Change("a", "t", "a", "create"), Change("b", "t", "b", "create"), Change("c", "t", "c", "destroy")]
    assert (summary(rows), summary([])) == ("2 to create, 1 to destroy", "no changes")


def test_nothing_is_protected_where_nothing_says_so() -> None:
    assert protection({"resource": {"databricks_job": {"j": {}}}}) == Protection()


def test_a_stack_below_that_is_not_deployed_is_named() -> None:
    error = "data.terraform_remote_state.dev-workspace: Unable to find remote state: No stored state was found"
    assert told(error) == "it stands on dev-workspace, which is not deployed: deploy that first"
    assert told("databricks_job.j: no such thing") == "databricks_job.j: no such thing"


def test_the_tables_say_it_all_in_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        Change("databricks_job.a", "databricks_job", "nightly", "create"),
        Change("databricks_job.b", "databricks_job", "nightly", "create"),
        Change("databricks_sql_table.t", "databricks_sql_table", "prod.t", "destroy", guard="left"),
        Change(
            "databricks_schema.s", "databricks_schema", "prod.s", "replace", (Difference("name", "r", "s"),), ("name",)
        ),
        Change("databricks_grants.g", "databricks_grants", "g", "update"),
    ]
    access = [AccessChange("people", "catalog", ("dev", "staging"), ("SELECT",), ("MODIFY",))]
    for table in (changes_table(rows), access_table(access), drift_table([rows[2]])):
        console().print(table)
    said = " ".join(capsys.readouterr().out.split())
    for expected in (
        "databricks_job × 2 │ a, b",
        "NOT PROTECTED ANY MORE",
        "name: r → s (replaces it)",
        "its access, see below",
        "catalog dev, staging │ SELECT │ MODIFY",
        "deleted │ databricks_sql_table │ prod.t",
    ):
        assert expected in said
    assert said.index("NOT PROTECTED") < said.index("a, b"), "the worst comes first"
