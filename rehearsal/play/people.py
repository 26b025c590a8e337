"""Who comes from outside: groups, people and a data feed, provisioned by SCIM as an identity provider would."""

from __future__ import annotations

from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import iam

from environments.settings import Groups
from rehearsal.play.platform import LocalPlatform

DATA_SCIENTIST = "dana@example.com"
ML_ENGINEER = "max@example.com"
FEED = "data-feed"


@dataclass(frozen=True)
class People:
    """Credentials of those who act in the play."""

    data_scientist_token: str
    ml_engineer_token: str
    feed_id: str
    feed_secret: str

    def engineer(self, platform: LocalPlatform, workspace: str) -> WorkspaceClient:
        """The ML engineer's client: who runs what is released, and looks at what came of it."""
        return platform.client_with(workspace, self.ml_engineer_token)

    def feed(self, platform: LocalPlatform, workspace: str) -> WorkspaceClient:
        """The data feed's client: a service principal that signs in by OAuth."""
        host = platform.host(workspace)
        return WorkspaceClient(host=host, client_id=self.feed_id, client_secret=self.feed_secret, auth_type="oauth-m2m")


def provision(platform: LocalPlatform, groups: Groups) -> People:
    """Make groups, people and the feed that are missing, and give each a fresh credential.

    The administrator, who deploys, joins the platform engineers.
    """
    workspace = platform.client("staging")
    scientist = _user(workspace, DATA_SCIENTIST)
    engineer = _user(workspace, ML_ENGINEER)
    feed = _service_principal(workspace, FEED)
    _member(workspace, groups.data_scientists, scientist)
    _member(workspace, groups.ml_engineers, engineer)
    _member(workspace, groups.data_producers, str(feed.id))
    _member(workspace, groups.platform_engineers, str(workspace.current_user.me().id))
    secret = platform.account().service_principal_secrets.create(service_principal_id=str(feed.id)).secret
    assert secret and feed.application_id, "the account answers with a secret and an application id"
    return People(platform.token_of(DATA_SCIENTIST), platform.token_of(ML_ENGINEER), feed.application_id, secret)


def _user(client: WorkspaceClient, name: str) -> str:
    found = next(iter(client.users.list(filter=f'userName eq "{name}"')), None)
    user = found or client.users.create(user_name=name, display_name=name.partition("@")[0].title())
    return str(user.id)


def _service_principal(client: WorkspaceClient, name: str) -> iam.ServicePrincipal:
    found = next(iter(client.service_principals.list(filter=f'displayName eq "{name}"')), None)
    return found or client.service_principals.create(display_name=name, active=True)


def _member(client: WorkspaceClient, group_name: str, member_id: str) -> None:
    found = next(iter(client.groups.list(filter=f'displayName eq "{group_name}"')), None)
    group = client.groups.get(str((found or client.groups.create(display_name=group_name)).id))
    if member_id in {member.value for member in group.members or []}:
        return
    client.groups.patch(
        str(group.id),
        schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
        operations=[iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": member_id}])],
    )
