"""The local Azure Resource Manager by its REST API: ids, parents, references, identities, names, cascades."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import httpx
import pytest

from rehearsal.workspace.arm.storage import container_folder
from rehearsal.workspace.context import Platform, Ports
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Store
from tests.workspace.azure_support import SUBSCRIPTION, TENANT, Azure, sign_in
from tests.workspace.conftest import People, Server

GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-arm"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/vnet"
DELEGATION = {"name": "databricks", "properties": {"serviceName": "Microsoft.Databricks/workspaces"}}
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


@pytest.fixture(scope="module")
def azure(server: Server) -> Azure:
    return sign_in(server, "arm-tests")


@pytest.fixture
def group(azure: Azure) -> Iterator[str]:
    azure.put(GROUP, {"location": "westeurope"})
    yield GROUP
    azure.http.delete(GROUP)


def storage(group: str, name: str) -> str:
    return f"{group}/providers/Microsoft.Storage/storageAccounts/{name}"


def add_network(azure: Azure, delegated: bool = True) -> None:
    azure.put(VNET, {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}})
    azure.put(f"{NETWORK}/networkSecurityGroups/nsg", {"location": "westeurope"})
    for index, name in enumerate(("public", "private")):
        properties = {
            "addressPrefixes": [f"10.0.{index}.0/24"],
            "delegations": [DELEGATION] if delegated else [],
            "networkSecurityGroup": {"id": f"{NETWORK}/networkSecurityGroups/nsg"},
        }
        azure.put(f"{VNET}/subnets/{name}", {"properties": properties})


def workspace(name: str, group: str = GROUP) -> tuple[str, dict[str, object]]:
    parameters = {
        "customVirtualNetworkId": {"value": VNET},
        "customPublicSubnetName": {"value": "public"},
        "customPrivateSubnetName": {"value": "private"},
    }
    properties = {"managedResourceGroupId": f"{SUBSCRIPTION}/resourceGroups/{name}-managed", "parameters": parameters}
    body = {"location": "westeurope", "sku": {"name": "premium"}, "properties": properties}
    return f"{group}/providers/Microsoft.Databricks/workspaces/{name}", body


def test_who_may_use_it(server: Server, people: People, azure: Azure) -> None:
    unknown = httpx.get(f"{server.host('account')}{GROUP}", params={"api-version": "1"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    server.client(people.scientist)
    headers = {"Authorization": f"Bearer {server.tokens[people.scientist]}"}
    person = httpx.get(f"{server.host('account')}{GROUP}", params={"api-version": "1"}, headers=headers)
    assert (person.status_code, person.json()["error"]["code"]) == (403, "AuthorizationFailed")
    wrong = {"grant_type": "client_credentials", "client_id": azure.variables["ARM_CLIENT_ID"], "client_secret": "no"}
    answer = httpx.post(f"{server.host('account')}/{TENANT}/oauth2/v2.0/token", data=wrong)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    elsewhere = httpx.get(f"{server.host('dev')}{GROUP}", params={"api-version": "1"}, headers=headers)
    assert elsewhere.status_code == 404


def test_what_is_missing_is_told_apart(azure: Azure, group: str) -> None:
    assert azure.refused("GET", f"{SUBSCRIPTION}/resourceGroups/nowhere") == (404, "ResourceGroupNotFound")
    lost = f"{SUBSCRIPTION}/resourceGroups/nowhere/providers/Microsoft.Network/virtualNetworks/v"
    assert azure.refused("PUT", lost, {"location": "westeurope"}) == (404, "ResourceGroupNotFound")
    assert azure.refused("GET", VNET) == (404, "ResourceNotFound")
    assert azure.refused("PUT", f"{VNET}/subnets/a", {"properties": {}}) == (404, "ParentResourceNotFound")
    assert azure.refused("PUT", f"{group}/providers/Microsoft.Cache/redis/r", {}) == (404, "InvalidResourceType")
    no_version = azure.http.get(str(azure.http.base_url) + GROUP, params={"api-version": ""})
    assert no_version.json()["error"]["code"] == "MissingApiVersionParameter"
    assert azure.http.delete(VNET).status_code == 204


def test_ids_know_no_case_and_locations_stay(azure: Azure, group: str) -> None:
    add_network(azure)
    assert azure.get(VNET.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))["id"] == VNET
    moved = {"location": "northeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    assert azure.refused("PUT", VNET, moved) == (409, "InvalidResourceLocation")


def test_subnets_lie_in_their_network_and_apart(azure: Azure, group: str) -> None:
    add_network(azure)
    for prefix, code in (("10.1.0.0/24", "NetcfgInvalidSubnet"), ("10.0.0.128/25", "NetcfgSubnetRangesOverlap")):
        body = {"properties": {"addressPrefixes": [prefix]}}
        assert azure.refused("PUT", f"{VNET}/subnets/other", body) == (400, code)
    assert [subnet["name"] for subnet in azure.get(VNET)["properties"]["subnets"]] == ["private", "public"]


def test_references_are_kept(azure: Azure, group: str) -> None:
    add_network(azure)
    nowhere = {"properties": {"addressPrefixes": ["10.0.9.0/24"], "natGateway": {"id": f"{NETWORK}/natGateways/no"}}}
    assert azure.refused("PUT", f"{VNET}/subnets/other", nowhere) == (400, "InvalidResourceReference")
    guard = f"{NETWORK}/networkSecurityGroups/nsg"
    assert azure.refused("DELETE", guard) == (409, "InUseNetworkSecurityGroupCannotBeDeleted")
    azure.http.delete(VNET)
    assert azure.http.delete(guard).status_code == 200


def test_a_zone_goes_after_its_links(azure: Azure, group: str) -> None:
    add_network(azure)
    zone = f"{NETWORK}/privateDnsZones/privatelink.dfs.core.windows.net"
    azure.put(zone, {"location": "global"})
    azure.put(f"{zone}/virtualNetworkLinks/link", {"properties": {"virtualNetwork": {"id": VNET}}})
    assert azure.refused("DELETE", zone) == (409, "CannotDeleteResource")
    azure.http.delete(f"{zone}/virtualNetworkLinks/link")
    assert azure.http.delete(zone).status_code == 200


def test_storage_names_are_taken_everywhere_and_containers_are_folders(
    azure: Azure, server: Server, group: str
) -> None:
    account, container = storage(group, "armtests"), f"{storage(group, 'armtests')}/blobServices/default/containers/c"
    azure.put(account, {"location": "westeurope", "properties": {"isHnsEnabled": True}})
    elsewhere = f"{SUBSCRIPTION}b/resourceGroups/other"
    azure.put(elsewhere, {"location": "westeurope"})
    body = {"location": "westeurope"}
    assert azure.refused("PUT", storage(elsewhere, "armtests"), body) == (409, "StorageAccountAlreadyTaken")
    assert azure.refused("PUT", storage(group, "Not-A-Name"), body) == (400, "AccountNameInvalid")
    public = {"properties": {"publicAccess": "Blob"}}
    assert azure.refused("PUT", container, public) == (409, "PublicAccessNotPermitted")

    platform = Platform(server.home, Store(server.home / "state.sqlite"), Ports(server.port_base))
    with platform.store.transaction() as tx, pytest.raises(DatabricksError):
        container_folder(tx, platform, "armtests", "c")
    azure.put(container, {"properties": {}})
    with platform.store.transaction() as tx:
        folder = container_folder(tx, platform, "armtests", "c")
    assert folder == server.home / "storage" / "azure" / "armtests" / "c"
    (folder / "part").write_text("data")
    azure.http.delete(account)
    assert not folder.exists()
    azure.http.delete(elsewhere)


def test_roles_go_to_identities_that_exist(azure: Azure, group: str) -> None:
    connector = f"{group}/providers/Microsoft.Databricks/accessConnectors/connector"
    made = azure.put(connector, {"location": "westeurope", "identity": {"type": "SystemAssigned"}})
    principal = made["identity"]["principalId"]
    azure.put(storage(group, "armroles"), {"location": "westeurope"})
    roles = f"{storage(group, 'armroles')}/providers/Microsoft.Authorization"
    query = {"$filter": "roleName eq 'Storage Blob Data Contributor'"}
    (role,) = azure.http.get(f"{roles}/roleDefinitions", params=query).json()["value"]
    assert role["name"] == CONTRIBUTOR
    body = {"properties": {"roleDefinitionId": role["id"], "principalId": principal}}
    assert azure.put(f"{roles}/roleAssignments/one", body)["properties"]["scope"] == storage(group, "armroles")
    assert azure.refused("PUT", f"{roles}/roleAssignments/two", body) == (409, "RoleAssignmentExists")
    body["properties"]["principalId"] = TENANT
    assert azure.refused("PUT", f"{roles}/roleAssignments/two", body) == (400, "PrincipalNotFound")
    again = azure.put(connector, {"location": "westeurope", "identity": {"type": "SystemAssigned"}})
    assert again["identity"]["principalId"] == principal


def test_a_workspace_links_the_local_one_that_its_name_says(azure: Azure, server: Server, group: str) -> None:
    account = server.account()
    add_network(azure, delegated=False)
    path, body = workspace("dbw-tests-staging")
    assert azure.refused("PUT", path, body) == (400, "SubnetMissingRequiredDelegations")
    azure.http.delete(VNET)
    add_network(azure)
    made = azure.put(path, body)
    assert made["properties"]["workspaceUrl"] == server.host("staging")
    number = int(made["properties"]["workspaceId"])
    assert server.admin("staging").get_workspace_id() == number
    listed = {item.workspace_id: item for item in account.workspaces.list()}
    assert listed[number].workspace_name == "dbw-tests-staging"
    assert listed[number].azure_workspace_info.resource_group == "rg-arm"  # type: ignore[union-attr]

    for name, code in (("dbw-nothing", "NoLocalWorkspace"), ("dbw-other-staging", "LocalWorkspaceTaken")):
        assert azure.refused("PUT", *workspace(name)) == (409, code)
    assert azure.refused("DELETE", VNET) == (409, "InUseVirtualNetworkCannotBeDeleted")
    assert azure.get(f"{SUBSCRIPTION}/resourceGroups/dbw-tests-staging-managed")["managedBy"] == path
    azure.http.delete(path)
    assert server.admin("staging").get_workspace_id() == number
    assert {item.workspace_id: item for item in account.workspaces.list()}[number].workspace_name == "staging"
    assert azure.refused("GET", f"{SUBSCRIPTION}/resourceGroups/dbw-tests-staging-managed")[0] == 404


def test_a_group_takes_everything_with_it(azure: Azure, group: str) -> None:
    add_network(azure)
    path, body = workspace("dbw-tests-prod")
    azure.put(path, body)
    assert len(azure.get(f"{group}/resources")["value"]) == 5
    assert azure.http.delete(group).status_code == 200
    azure.put(group, {"location": "westeurope"})
    assert azure.get(f"{group}/resources")["value"] == []
    add_network(azure)
    azure.put(path, body)  # neither its link nor its managed group was left behind


@pytest.mark.trial
def test_it_survives_sudden_death(azure: Azure, server: Server, group: str) -> None:
    add_network(azure)
    server.stop(signal.SIGKILL)
    server.start()
    assert azure.get(f"{VNET}/subnets/public")["properties"]["delegations"][0]["name"] == "databricks"
