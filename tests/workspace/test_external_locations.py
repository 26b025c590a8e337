"""Storage credentials and external locations, against the local Azure; catalogs that keep their data in one."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import (
    AzureManagedIdentityRequest,
    CatalogIsolationMode,
    IsolationMode,
    PermissionsChange,
    Privilege,
    VolumeType,
)

from tests.workspace.conftest import People, Server
from tests.workspace.storage_account import StorageAccount

ACCOUNT = "locationtest"
URL = f"abfss://catalog@{ACCOUNT}.dfs.core.windows.net"


@pytest.fixture(scope="module")
def azure(server: Server) -> StorageAccount:
    """An access connector, and a storage account with a container; neither knows the other yet."""
    return StorageAccount(server, ACCOUNT).prepare()


@pytest.fixture(scope="module")
def credential(server: Server, azure: StorageAccount) -> Iterator[str]:
    """A storage credential of the connector, which may use the storage account."""
    admin = server.admin("prod")
    identity = AzureManagedIdentityRequest(access_connector_id=azure.connector)
    made = admin.storage_credentials.create("credential-of-prod", azure_managed_identity=identity)
    assert made.name and made.azure_managed_identity
    with pytest.raises(PermissionDenied, match="not authorized to access 'abfss://catalog@locationtest"):
        admin.external_locations.create("too-early", URL, made.name)
    azure.authorize()
    yield made.name
    admin.storage_credentials.delete(made.name)


@pytest.fixture
def location(server: Server, credential: str) -> Iterator[str]:
    """An external location of the whole container."""
    admin = server.admin("prod")
    made = admin.external_locations.create("location-of-prod", f"{URL}/", credential, comment="all")
    assert made.url == URL and made.owner == "admin@example.com"
    yield str(made.name)
    admin.external_locations.delete(str(made.name), force=True)


def give(server: Server, kind: str, name: str, principal: str, *privileges: Privilege) -> None:
    """Grant as the administrator."""
    server.admin("prod").grants.update(
        kind, name, changes=[PermissionsChange(principal=principal, add=list(privileges))]
    )


def test_a_credential_needs_a_connector_that_exists(server: Server, people: People, azure: StorageAccount) -> None:
    api = server.admin().storage_credentials
    unknown = AzureManagedIdentityRequest(access_connector_id=azure.connector.replace("ac-", "no-"))
    with pytest.raises(BadRequest, match="could not be found"):
        api.create("wrong", azure_managed_identity=unknown)
    with pytest.raises(BadRequest, match="not the resource id"):
        api.create("wrong", azure_managed_identity=AzureManagedIdentityRequest(access_connector_id="ac"))
    with pytest.raises(BadRequest, match="needs an azure_managed_identity"):
        api.create("wrong")
    with pytest.raises(PermissionDenied, match="CREATE STORAGE CREDENTIAL on Metastore"):
        identity = AzureManagedIdentityRequest(access_connector_id=azure.connector)
        server.client(people.scientist).storage_credentials.create("mine", azure_managed_identity=identity)
    assert [c.name for c in api.list() if c.name == "wrong"] == []


def test_a_location_lies_in_an_existing_container_and_overlaps_with_none(
    server: Server, credential: str, location: str
) -> None:
    api = server.admin("prod").external_locations
    with pytest.raises(BadRequest, match=f"overlaps with an existing external location .*{location}"):
        api.create("inside", f"{URL}/staging", credential)
    with pytest.raises(NotFound, match="container 'other'"):
        api.create("other", URL.replace("catalog@", "other@"), credential)
    with pytest.raises(BadRequest, match="not a URL of the form"):
        api.create("other", "s3://bucket", credential)
    with pytest.raises(BadRequest, match="not a URL of the form"):
        api.create("other", f"{URL}/../x", credential)
    with pytest.raises(NotFound, match="Storage Credential 'none' does not exist"):
        api.create("other", f"{URL}/x", "none")
    with pytest.raises(ResourceConflict):
        api.create(location, f"{URL}/x", credential)


def test_what_is_in_use_is_not_deleted(server: Server, credential: str, location: str) -> None:
    admin = server.admin("prod")
    admin.catalogs.create("in_location", storage_root=f"{URL}/in_location")
    with pytest.raises(BadRequest, match="used by external locations: location-of-prod"):
        admin.storage_credentials.delete(credential)
    with pytest.raises(BadRequest, match="managed storage of catalog 'in_location'"):
        admin.external_locations.delete(location)
    with pytest.raises(BadRequest, match="managed storage of catalog 'in_location'"):
        admin.external_locations.update(location, url=f"{URL}/elsewhere")
    admin.catalogs.delete("in_location", force=True)
    assert admin.external_locations.update(location, url=f"{URL}/elsewhere").url == f"{URL}/elsewhere"


def test_privileges_of_credential_and_location(server: Server, people: People, credential: str, location: str) -> None:
    job = server.client(people.job, "prod")
    with pytest.raises(PermissionDenied):
        job.external_locations.get(location)
    with pytest.raises(PermissionDenied, match="CREATE MANAGED STORAGE on External Location"):
        give(server, "metastore", "metastore", people.job, Privilege.CREATE_CATALOG, Privilege.CREATE_EXTERNAL_LOCATION)
        job.catalogs.create("of_job", storage_root=f"{URL}/of_job")
    with pytest.raises(PermissionDenied, match="CREATE EXTERNAL LOCATION on Storage Credential"):
        job.external_locations.create("of-job", f"{URL}/x", credential)
    give(server, "storage_credential", credential, people.job, Privilege.CREATE_EXTERNAL_LOCATION)
    give(server, "external_location", location, people.job, Privilege.CREATE_MANAGED_STORAGE)
    job.catalogs.create("of_job", storage_root=f"{URL}/of_job")
    job.catalogs.delete("of_job", force=True)
    with pytest.raises(BadRequest, match="overlaps"):
        job.external_locations.create("of-job", f"{URL}/x", credential)
    held = server.admin("prod").grants.get_effective("external_location", location).privilege_assignments or []
    assert [p.privilege for a in held for p in a.privileges or []] == [Privilege.CREATE_MANAGED_STORAGE]
    with pytest.raises(BadRequest, match="not applicable"):
        give(server, "external_location", location, people.job, Privilege.SELECT)
    owned = server.admin("prod").external_locations.update(location, owner=people.job)
    assert owned.owner == people.job
    assert job.external_locations.update(location, comment="mine").comment == "mine"


def test_managed_data_lies_below_the_storage_root(server: Server, location: str) -> None:
    admin = server.admin("prod")
    catalog = admin.catalogs.create("rooted", storage_root=f"{URL}/rooted")
    assert catalog.storage_root == f"{URL}/rooted"
    assert str(catalog.storage_location).startswith(f"{URL}/rooted/__unitystorage/catalogs/")
    admin.schemas.create("inner", "rooted", storage_root=f"{URL}/inner")
    for schema, place in (("default", "rooted/__unitystorage/catalogs"), ("inner", "inner/__unitystorage/schemas")):
        volume = admin.volumes.create("rooted", schema, "landing", VolumeType.MANAGED)
        assert str(volume.storage_location).startswith(f"{URL}/{place}/")
        admin.files.upload(f"/Volumes/rooted/{schema}/landing/a.csv", io.BytesIO(b"1"))
        below = server.home / "storage" / "azure" / ACCOUNT / "catalog" / place
        assert [path.read_bytes() for path in below.rglob("a.csv")] == [b"1"]
        model = admin.registered_models.create(catalog_name="rooted", schema_name=schema, name="model")
        assert str(model.storage_location).startswith(f"{URL}/{place}/")
    admin.catalogs.delete("rooted", force=True)
    assert not list((server.home / "storage" / "azure" / ACCOUNT).rglob("a.csv"))
    with pytest.raises(BadRequest, match="No parent external location"):
        admin.catalogs.create("nowhere", storage_root=URL.replace(ACCOUNT, "elsewhere"))


def test_isolated_locations_and_credentials_are_of_their_workspace(
    server: Server, credential: str, location: str
) -> None:
    prod, dev = server.admin("prod"), server.admin("dev")
    isolated = {"isolation_mode": IsolationMode.ISOLATION_MODE_ISOLATED.value}
    prod.api_client.do("PATCH", f"/api/2.1/unity-catalog/external-locations/{location}", body=isolated)
    body = {"add": [{"workspace_id": prod.get_workspace_id()}]}
    path = f"/api/2.1/unity-catalog/bindings/external_location/{location}"
    prod.api_client.do("PATCH", path, body=body)
    assert prod.external_locations.get(location).isolation_mode == IsolationMode.ISOLATION_MODE_ISOLATED
    assert location not in {found.name for found in dev.external_locations.list()}
    with pytest.raises(
        PermissionDenied, match=f"External Location '{location}' is not accessible in current workspace"
    ):
        dev.catalogs.create("from_dev", storage_root=f"{URL}/from_dev")
    with pytest.raises(BadRequest, match="READ_ONLY is not supported"):
        read_only = {"add": [{"workspace_id": dev.get_workspace_id(), "binding_type": "BINDING_TYPE_READ_ONLY"}]}
        prod.api_client.do("PATCH", path, body=read_only)
    with pytest.raises(BadRequest, match=r"isolation_mode: expected one of .*; found 'ISOLATED'"):
        wrong = {"isolation_mode": CatalogIsolationMode.ISOLATED.value}
        prod.api_client.do("PATCH", f"/api/2.1/unity-catalog/storage-credentials/{credential}", body=wrong)
