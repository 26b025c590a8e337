"""Access control lists and directories of a workspace, by the stock client."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.iam import (
    AccessControlRequest,
    ComplexValue,
    GrantRule,
    PermissionLevel,
    RuleSetUpdateRequest,
)
from databricks.sdk.service.jobs import JobRunAs, JobSettings

from tests.workspace.conftest import People, Server


def levels(server: Server, object_id: str) -> dict[str, str]:
    """Level by principal, inherited ones left out."""
    held = server.admin().permissions.get("directories", object_id).access_control_list or []
    return {
        str(entry.user_name or entry.group_name or entry.service_principal_name): permission.permission_level.value
        for entry in held
        for permission in entry.all_permissions or []
        if permission.permission_level and not permission.inherited
    }


@pytest.fixture
def directory(server: Server, request: pytest.FixtureRequest) -> str:
    """The id of a directory below `/Shared` that belongs to the administrator."""
    path = f"/Shared/{request.node.name}"
    server.admin().workspace.mkdirs(path)
    return str(server.admin().workspace.get_status(path).object_id)


def test_set_replaces_and_update_adds(server: Server, people: People, directory: str) -> None:
    api = server.admin().permissions
    read = AccessControlRequest(user_name=people.scientist, permission_level=PermissionLevel.CAN_READ)
    edit = AccessControlRequest(service_principal_name=people.job, permission_level=PermissionLevel.CAN_EDIT)
    api.set("directories", directory, access_control_list=[read])
    api.update("directories", directory, access_control_list=[edit])
    owner = {"admin@example.com": "CAN_MANAGE"}
    assert levels(server, directory) == {**owner, people.scientist: "CAN_READ", people.job: "CAN_EDIT"}
    api.set("directories", directory, access_control_list=[edit])
    assert levels(server, directory) == {**owner, people.job: "CAN_EDIT"}


def test_only_managers_change_the_list(server: Server, people: People, directory: str) -> None:
    mine = AccessControlRequest(user_name=people.scientist, permission_level=PermissionLevel.CAN_MANAGE)
    with pytest.raises(PermissionDenied):
        server.client(people.scientist).permissions.set("directories", directory, access_control_list=[mine])
    server.admin().permissions.set("directories", directory, access_control_list=[mine])
    server.client(people.scientist).permissions.update("directories", directory, access_control_list=[mine])


def test_wrong_input_changes_nothing(server: Server, people: People, directory: str) -> None:
    api = server.admin().permissions
    before = levels(server, directory)
    nobody = AccessControlRequest(user_name="nobody@example.com", permission_level=PermissionLevel.CAN_READ)
    wrong = AccessControlRequest(user_name=people.scientist, permission_level=PermissionLevel.CAN_QUERY)
    with pytest.raises(NotFound, match=r"nobody@example\.com"):
        api.set("directories", directory, access_control_list=[nobody])
    with pytest.raises(BadRequest, match="CAN_QUERY"):
        api.set("directories", directory, access_control_list=[wrong])
    with pytest.raises(NotFound):
        api.get("directories", "999999")
    assert levels(server, directory) == before


def test_levels_of_a_type(server: Server) -> None:
    described = server.admin().permissions.get_permission_levels("jobs", "1").permission_levels or []
    assert [level.permission_level.value for level in described if level.permission_level] == [
        "CAN_VIEW",
        "CAN_MANAGE_RUN",
        "CAN_MANAGE",
        "IS_OWNER",
    ]


def test_directories_belong_to_one_workspace(server: Server, people: People) -> None:
    server.client(people.scientist).workspace.mkdirs("/Shared/a/b")
    names = [info.path for info in server.admin().workspace.list("/Shared/a")]
    assert names == ["/Shared/a/b"]
    with pytest.raises(NotFound):
        server.admin("prod").workspace.get_status("/Shared/a/b")
    with pytest.raises(PermissionDenied):
        server.client(people.scientist).workspace.mkdirs("/Users/admin@example.com/mine")
    with pytest.raises(BadRequest, match="not empty"):
        server.admin().workspace.delete("/Shared/a")
    server.admin().workspace.delete("/Shared/a", recursive=True)


MANAGER, USER = "roles/servicePrincipal.manager", "roles/servicePrincipal.user"


def test_roles_on_a_service_principal(server: Server, people: People) -> None:
    """Its maker manages it, and may not use it; a set is replaced by who knows its newest version."""
    made = server.account().service_principals_v2.create(display_name="used")
    name = f"accounts/{server.account().config.account_id}/servicePrincipals/{made.application_id}/ruleSets/default"
    api = server.account().access_control
    first = api.get_rule_set(name, "")
    assert first.grant_rules == [GrantRule(MANAGER, ["users/admin@example.com"])]
    users = GrantRule(USER, ["groups/data-scientists", f"servicePrincipals/{people.job}"])
    newest = api.update_rule_set(name, RuleSetUpdateRequest(name, first.etag, [users]))
    assert newest.grant_rules == [users] and newest.etag != first.etag
    with pytest.raises(ResourceConflict, match="has changed"):
        api.update_rule_set(name, RuleSetUpdateRequest(name, first.etag, []))
    for role, principal in ((USER, "users/nobody"), (USER, "groups/admins"), ("roles/budgetPolicy.user", "groups/x")):
        with pytest.raises(BadRequest):
            api.update_rule_set(name, RuleSetUpdateRequest(name, newest.etag, [GrantRule(role, [principal])]))
    for other, error in (
        (name.replace("00", "11"), BadRequest),
        (name.replace(str(made.application_id), "x"), NotFound),
    ):
        with pytest.raises(error):
            api.get_rule_set(other, "")

    # a group's role is its members', for jobs and to look at; managing takes another
    scientist = server.client(people.scientist)
    runs_as = JobRunAs(service_principal_name=made.application_id)
    job = int(scientist.jobs.create(name="as another", run_as=runs_as).job_id or 0)
    assert scientist.jobs.get(job).run_as_user_name == made.application_id
    scientist.jobs.update(job, new_settings=JobSettings(max_concurrent_runs=2))
    with pytest.raises(PermissionDenied, match=r"servicePrincipal\.manager"):
        scientist.account_access_control_proxy.get_rule_set(name, "")
    for refused in (server.admin(), server.client(people.engineer)):
        with pytest.raises(PermissionDenied, match=r"servicePrincipal\.user"):
            refused.jobs.create(name="as another", run_as=runs_as)
    scientist.jobs.delete(job)

    # who is deleted holds nothing, and neither does a later one of his name
    gone = server.account().groups_v2.create(display_name="gone", members=[ComplexValue(value=made.id)])
    rules = [GrantRule(USER, ["groups/gone"]), GrantRule(MANAGER, [f"users/{people.engineer}", "groups/gone"])]
    engineer = server.client(people.engineer).account_access_control_proxy
    api.update_rule_set(name, RuleSetUpdateRequest(name, newest.etag, rules))
    server.account().groups_v2.delete(str(gone.id))
    assert engineer.get_rule_set(name, "").grant_rules == [GrantRule(MANAGER, [f"users/{people.engineer}"])]
    server.account().service_principals_v2.delete(str(made.id))
    with pytest.raises(NotFound):
        api.get_rule_set(name, "")
