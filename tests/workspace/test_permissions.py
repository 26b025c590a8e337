"""Access control lists and directories of a workspace, by the stock client."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

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
