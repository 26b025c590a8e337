"""Users, groups, service principals and their credentials, by the stock client."""

from __future__ import annotations

import time

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict, Unauthenticated
from databricks.sdk.service.iam import (
    AccessControlRequest,
    ComplexValue,
    Patch,
    PatchOp,
    PatchSchema,
    PermissionLevel,
)

from tests.workspace.conftest import People, Server

PATCH = [PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]


def test_me_names_user_and_service_principal(server: Server, people: People) -> None:
    me = server.client(people.scientist).current_user.me()
    assert me.user_name == people.scientist
    assert [group.display for group in me.groups or []] == ["data-scientists"]
    assert server.client(people.job).current_user.me().user_name == people.job


def test_workspace_id_differs_between_workspaces(server: Server) -> None:
    assert len({server.admin(name).get_workspace_id() for name in ("dev", "staging", "prod")}) == 3


def test_account_and_workspaces_share_identities(server: Server) -> None:
    account = server.account()
    made = account.users_v2.create(user_name="shared@example.com")
    found = list(server.admin("prod").users_v2.list(filter='userName eq "shared@example.com"'))
    assert [user.id for user in found] == [made.id]
    account.users_v2.delete(str(made.id))
    with pytest.raises(NotFound):
        server.admin("dev").users_v2.get(str(made.id))


def test_names_are_unique(server: Server, people: People) -> None:
    with pytest.raises(ResourceConflict):
        server.admin().users_v2.create(user_name=people.scientist)
    with pytest.raises(ResourceConflict):
        server.admin().groups_v2.create(display_name="data-scientists")


def test_members_are_added_removed_and_inherited_through_groups(server: Server, people: People) -> None:
    admin = server.admin()
    engineer = next(iter(admin.users_v2.list(filter=f"userName eq '{people.engineer}'")))
    inner = admin.groups_v2.create(display_name="inner")
    outer = admin.groups_v2.create(display_name="outer", members=[ComplexValue(value=inner.id)])
    add = [Patch(op=PatchOp.ADD, path="members", value=[{"value": engineer.id}])]
    admin.groups_v2.patch(str(inner.id), operations=add, schemas=PATCH)
    groups = {group.display: group.type for group in server.client(people.engineer).current_user.me().groups or []}
    assert groups == {"inner": "direct", "outer": "indirect"}
    remove = [Patch(op=PatchOp.REMOVE, path=f'members[value eq "{engineer.id}"]')]
    admin.groups_v2.patch(str(inner.id), operations=remove, schemas=PATCH)
    assert not server.client(people.engineer).current_user.me().groups
    for group in (inner, outer):
        admin.groups_v2.delete(str(group.id))


def test_entitlements_are_held_by_value(server: Server) -> None:
    """Terraform's provider sends one without a value where there are none, and reads each that it finds."""
    admin = server.admin()
    group = admin.groups_v2.create(display_name="entitled", entitlements=[ComplexValue()])
    assert not group.entitlements
    for value, expected in (([{}], []), ([{"value": "workspace-access"}], ["workspace-access"])):
        replace = [Patch(op=PatchOp.REPLACE, path="entitlements", value=value)]
        admin.groups_v2.patch(str(group.id), operations=replace, schemas=PATCH)
        assert [item.value for item in admin.groups_v2.get(str(group.id)).entitlements or []] == expected
    admin.groups_v2.delete(str(group.id))


def test_hosts_tell_what_they_are(server: Server) -> None:
    address = "/.well-known/databricks-config"
    found = {name: httpx.get(f"{server.host(name)}{address}").json() for name in ("account", "dev")}
    assert {name: config["host_type"] for name, config in found.items()} == {"account": "account", "dev": "workspace"}
    assert found["account"]["account_id"] == found["dev"]["account_id"]
    assert found["dev"]["workspace_id"] == str(server.admin().get_workspace_id())


def test_a_member_must_exist(server: Server) -> None:
    with pytest.raises(NotFound):
        server.admin().groups_v2.create(display_name="ghosts", members=[ComplexValue(value="1")])
    assert not list(server.admin().groups_v2.list(filter='displayName eq "ghosts"'))


def test_only_administrators_manage_identities(server: Server, people: People) -> None:
    with pytest.raises(PermissionDenied):
        server.client(people.scientist).users_v2.create(user_name="mallory@example.com")
    with pytest.raises(PermissionDenied):
        server.client(people.scientist).groups_v2.create(display_name="mine")


def test_unknown_filter_is_refused(server: Server) -> None:
    with pytest.raises(BadRequest):
        list(server.admin().users_v2.list(filter="userName pr"))


def test_token_is_listed_without_its_text_and_dies_when_revoked(server: Server, people: People) -> None:
    client = server.client(people.engineer)
    made = client.tokens.create(comment="laptop", lifetime_seconds=3600)
    assert made.token_value and made.token_info
    other = WorkspaceClient(config=Config(host=server.host("dev"), token=made.token_value, auth_type="pat"))
    assert other.current_user.me().user_name == people.engineer
    assert made.token_info.token_id in {info.token_id for info in client.tokens.list()}
    client.tokens.delete(str(made.token_info.token_id))
    with pytest.raises(Unauthenticated):
        other.current_user.me()


def test_a_token_of_one_workspace_is_foreign_in_the_others(server: Server, people: People) -> None:
    personal = server.client(people.engineer, "dev").tokens.create(lifetime_seconds=60).token_value
    account = server.account()
    resource = next(iter(account.service_principals_v2.list(filter=f'applicationId eq "{people.job}"')))
    secret = account.service_principal_secrets.create(str(resource.id))
    form = {"grant_type": "client_credentials", "client_id": people.job, "client_secret": secret.secret or ""}
    of_dev = httpx.post(f"{server.host('dev')}/oidc/v1/token", data=form).json()["access_token"]
    url = f"{server.host('account')}/oidc/accounts/{account.config.account_id}/v1/token"
    of_account = httpx.post(url, data=form).json()["access_token"]

    def answers(token: str | None, workspace: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{server.host(workspace)}/api/2.0/preview/scim/v2/Me", headers=headers).status_code

    found = {name: [answers(token, name) for token in (personal, of_dev, of_account)] for name in ("dev", "staging")}
    assert found == {"dev": [200, 200, 200], "staging": [401, 401, 200]}
    account.service_principal_secrets.delete(str(resource.id), str(secret.id))


def test_a_token_lives_two_years_at_most(server: Server, people: People) -> None:
    client = server.client(people.engineer)
    for seconds in (0, -1, 731 * 24 * 3600):
        with pytest.raises(BadRequest, match="lifetime_seconds must be between 1 and"):
            client.tokens.create(lifetime_seconds=seconds)
    made = client.tokens.create().token_info
    assert made and made.expiry_time and made.creation_time
    assert made.expiry_time - made.creation_time == 730 * 24 * 3600 * 1000


def test_administrators_see_and_revoke_the_tokens_of_all(server: Server, people: People) -> None:
    admin, client = server.admin(), server.client(people.engineer)
    made = client.tokens.create(comment="forgotten", lifetime_seconds=600)
    assert made.token_info
    found = {info.token_id: info for info in admin.token_management.list(created_by_username=people.engineer)}
    info = found[made.token_info.token_id]
    assert (info.comment, info.created_by_username) == ("forgotten", people.engineer)
    assert info.workspace_id == admin.get_workspace_id()
    assert made.token_info.token_id not in {t.token_id for t in server.admin("prod").token_management.list()}
    with pytest.raises(PermissionDenied):
        list(client.token_management.list())
    admin.token_management.delete(str(info.token_id))
    with pytest.raises(NotFound):
        admin.token_management.get(str(info.token_id))
    revoked = WorkspaceClient(config=Config(host=server.host("dev"), token=made.token_value, auth_type="pat"))
    with pytest.raises(Unauthenticated):
        revoked.current_user.me()


def test_administrators_say_who_may_have_tokens(server: Server, people: People) -> None:
    admin = server.admin("staging")
    everybody = [AccessControlRequest(group_name="users", permission_level=PermissionLevel.CAN_USE)]
    try:
        admin.permissions.set("authorization", "tokens", access_control_list=[])
        with pytest.raises(PermissionDenied, match="personal access tokens"):
            server.client(people.scientist, "staging").tokens.create(lifetime_seconds=60)
        assert server.client(people.scientist, "dev").tokens.create(lifetime_seconds=60).token_value
    finally:
        admin.permissions.set("authorization", "tokens", access_control_list=everybody)
    assert server.client(people.scientist, "staging").tokens.create(lifetime_seconds=60).token_value


def test_expired_token_is_refused(server: Server, people: People) -> None:
    made = server.client(people.engineer).tokens.create(lifetime_seconds=1)
    time.sleep(1.1)
    answer = httpx.get(
        f"{server.host('dev')}/api/2.0/preview/scim/v2/Me", headers={"Authorization": f"Bearer {made.token_value}"}
    )
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")


def test_token_texts_are_not_stored(server: Server, people: People) -> None:
    server.client(people.engineer)
    text = server.tokens[people.engineer].encode()
    files = [server.home / name for name in ("state.sqlite", "state.sqlite-wal")]
    assert not any(text in file.read_bytes() for file in files if file.exists())


def test_service_principal_signs_in_by_oauth(server: Server, people: People) -> None:
    account = server.account()
    resource = next(iter(account.service_principals_v2.list(filter=f'applicationId eq "{people.job}"')))
    secret = account.service_principal_secrets.create(str(resource.id))
    client = WorkspaceClient(host=server.host("prod"), client_id=people.job, client_secret=secret.secret)
    assert client.config.auth_type == "oauth-m2m"
    assert client.current_user.me().user_name == people.job
    account.service_principal_secrets.delete(str(resource.id), str(secret.id))
    answer = httpx.post(
        f"{server.host('prod')}/oidc/v1/token",
        data={"grant_type": "client_credentials", "client_id": people.job, "client_secret": secret.secret or ""},
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_deleted_principal_leaves_nothing_behind(server: Server, catalog: str) -> None:
    from databricks.sdk.service.catalog import PermissionsChange, Privilege

    admin = server.admin()
    leaver = admin.users_v2.create(user_name="leaver@example.com")
    change = PermissionsChange(principal="leaver@example.com", add=[Privilege.USE_CATALOG])
    admin.grants.update("catalog", catalog, changes=[change])
    client = server.client("leaver@example.com")
    assert client.catalogs.get(catalog).name == catalog
    admin.users_v2.delete(str(leaver.id))
    with pytest.raises(Unauthenticated):
        client.current_user.me()
    admin.users_v2.create(user_name="leaver@example.com")
    server.tokens.pop("leaver@example.com")
    with pytest.raises(PermissionDenied):
        server.client("leaver@example.com").catalogs.get(catalog)
