"""Secrets by the stock client and by `dbutils.secrets`: who may read and change them; nothing else tells them."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from databricks.sdk.dbutils import RemoteDbUtils
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service.workspace import AclPermission, AzureKeyVaultSecretScopeMetadata, ScopeBackendType

from tests.workspace.conftest import People, Server

VALUE = "correct horse battery staple"
READ, WRITE, MANAGE = AclPermission.READ, AclPermission.WRITE, AclPermission.MANAGE


@pytest.fixture
def scope(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """A scope of the administrator with one secret."""
    name = f"scope-{request.node.name}"
    api = server.admin().secrets
    api.create_scope(name)
    api.put_secret(name, "password", string_value=VALUE)
    yield name
    api.delete_scope(name)


def test_who_may_read_gets_the_value_by_name(server: Server, people: People, scope: str) -> None:
    server.admin().secrets.put_acl(scope, people.job, READ)
    api = server.client(people.job).secrets
    assert base64.b64decode(api.get_secret(scope, "password").value or "").decode() == VALUE
    assert [secret.key for secret in api.list_secrets(scope)] == ["password"]
    with pytest.raises(NotFound, match="key: other"):
        api.get_secret(scope, "other")
    with pytest.raises(PermissionDenied, match="does not have WRITE permission"):
        api.put_secret(scope, "password", string_value="mine")
    with pytest.raises(PermissionDenied, match="does not have MANAGE permission"):
        api.put_acl(scope, people.job, MANAGE)


def test_dbutils_reads_secrets(server: Server, people: People, scope: str) -> None:
    server.admin().secrets.put_acl(scope, people.job, READ)
    secrets = RemoteDbUtils(server.client(people.job).config).secrets
    assert secrets.get(scope, "password") == VALUE
    assert scope in {known.name for known in secrets.listScopes()}
    assert [known.key for known in secrets.list(scope)] == ["password"]


def test_permissions_include_those_before_them(server: Server, people: People, scope: str) -> None:
    admin = server.admin().secrets
    job = server.client(people.job).secrets
    admin.put_acl(scope, people.job, WRITE)
    job.put_secret(scope, "bytes", bytes_value=base64.b64encode(b"\x00\xff").decode())
    assert base64.b64decode(job.get_secret(scope, "bytes").value or "") == b"\x00\xff"
    job.delete_secret(scope, "bytes")
    admin.put_acl(scope, people.job, MANAGE)
    job.put_acl(scope, "data-scientists", READ)
    held = {item.principal: item.permission for item in job.list_acls(scope)}
    assert held == {"admin@example.com": MANAGE, "data-scientists": READ, people.job: MANAGE}
    assert job.get_acl(scope, "data-scientists").permission == READ
    scientist = server.client(people.scientist).secrets
    assert [secret.key for secret in scientist.list_secrets(scope)] == ["password"]
    admin.delete_acl(scope, "data-scientists")
    with pytest.raises(PermissionDenied):
        scientist.list_secrets(scope)
    with pytest.raises(NotFound):
        admin.get_acl(scope, "data-scientists")


def test_others_learn_nothing(server: Server, people: People, scope: str) -> None:
    api = server.client(people.scientist).secrets
    assert scope not in {known.name for known in api.list_scopes()}
    for attempt in (lambda: api.get_secret(scope, "password"), lambda: list(api.list_acls(scope))):
        with pytest.raises(PermissionDenied) as caught:
            attempt()
        assert VALUE not in str(caught.value)
    assert VALUE not in (server.home / "server.log").read_text()
    with pytest.raises(NotFound):  # a scope belongs to one workspace
        server.admin("prod").secrets.get_secret(scope, "password")


def test_wrong_input_is_refused(server: Server, scope: str) -> None:
    api = server.admin().secrets
    with pytest.raises(ResourceAlreadyExists):
        api.create_scope(scope)
    with pytest.raises(BadRequest, match="may not exceed 128 characters"):
        api.create_scope("no spaces")
    with pytest.raises(BadRequest, match="Exactly one"):
        api.put_secret(scope, "password")
    with pytest.raises(BadRequest, match="128 KB"):
        api.put_secret(scope, "large", string_value="x" * 140_000)
    with pytest.raises(BadRequest, match="base64"):
        api.put_secret(scope, "bytes", bytes_value="?")
    with pytest.raises(BadRequest, match=r"Principal nobody@example\.com does not exist"):
        api.put_acl(scope, "nobody@example.com", READ)
    vault = AzureKeyVaultSecretScopeMetadata(resource_id="/x", dns_name="https://x.vault.azure.net/")
    with pytest.raises(BadRequest, match="AZURE_KEYVAULT is not supported"):
        api.create_scope("vault", scope_backend_type=ScopeBackendType.AZURE_KEYVAULT, backend_azure_keyvault=vault)
    assert base64.b64decode(api.get_secret(scope, "password").value or "").decode() == VALUE


def test_a_deleted_scope_takes_its_secrets_along(server: Server) -> None:
    api = server.admin().secrets
    for _ in range(2):
        api.create_scope("again")
        assert list(api.list_secrets("again")) == []
        api.put_secret("again", "key", string_value="value")
        api.delete_scope("again")
    with pytest.raises(NotFound, match="Scope again does not exist"):
        api.get_secret("again", "key")
