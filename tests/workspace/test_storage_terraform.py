"""What a stack declares around its catalog, by Terraform: planned, found drifting, repaired, destroyed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import (
    CatalogIsolationMode,
    PermissionsChange,
    Privilege,
    WorkspaceBinding,
    WorkspaceBindingBindingType,
)
from databricks.sdk.service.workspace import AclPermission

from rehearsal.workspace.identity.installation import workspace_id
from tests.workspace.conftest import People, Server
from tests.workspace.storage_account import StorageAccount
from tests.workspace.terraform_support import CHANGES, NO_CHANGES, Terraform, in_workspace

pytestmark = [
    pytest.mark.trial,  # a rehearsal's stacks have all of these resources
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not on the PATH"),
    pytest.mark.timeout(300),
]
NAME = "understudy-dev"
READ_ONLY = WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY
POLICY = {"data_security_mode": {"type": "fixed", "value": "USER_ISOLATION"}}


def stack(azure: StorageAccount, job: str) -> dict[str, dict[str, Any]]:
    """All kinds that keep and open a catalog, in the shape that the CDK writes."""
    return {
        "databricks_storage_credential": {
            "storage": {
                "name": NAME,
                "comment": "how storage is reached",
                "isolation_mode": "ISOLATION_MODE_ISOLATED",
                "azure_managed_identity": {"access_connector_id": azure.connector},
            }
        },
        "databricks_external_location": {
            "storage": {
                "name": NAME,
                "url": f"{azure.url}/",
                "credential_name": "${databricks_storage_credential.storage.name}",
                "isolation_mode": "ISOLATION_MODE_ISOLATED",
            }
        },
        "databricks_catalog": {
            "catalog": {
                "name": "tf_dev",
                "storage_root": f"{azure.url}/tf_dev",
                "isolation_mode": "ISOLATED",
                "properties": {"team": "flights"},
                "depends_on": ["databricks_external_location.storage"],
            }
        },
        "databricks_schema": {
            "flights": {"catalog_name": "${databricks_catalog.catalog.name}", "name": "flights", "owner": job}
        },
        "databricks_workspace_binding": {
            "reader": {
                "securable_type": "catalog",
                "securable_name": "${databricks_catalog.catalog.name}",
                "workspace_id": str(workspace_id("prod")),
                "binding_type": READ_ONLY.value,
            }
        },
        "databricks_grants": {
            "location": {
                "external_location": "${databricks_external_location.storage.name}",
                "grant": [{"principal": job, "privileges": ["CREATE_MANAGED_STORAGE"]}],
            },
            "credential": {
                "storage_credential": "${databricks_storage_credential.storage.name}",
                "grant": [{"principal": job, "privileges": ["CREATE_EXTERNAL_LOCATION"]}],
            },
        },
        "databricks_cluster_policy": {
            "policy": {"name": NAME, "definition": json.dumps(POLICY), "max_clusters_per_user": 1}
        },
        "databricks_permissions": {
            "policy": {
                "cluster_policy_id": "${databricks_cluster_policy.policy.id}",
                "access_control": [{"group_name": "data-scientists", "permission_level": "CAN_USE"}],
            }
        },
        "databricks_secret_scope": {"secrets": {"name": NAME}},
        "databricks_secret": {
            "key": {"scope": "${databricks_secret_scope.secrets.name}", "key": "api", "string_value": "hidden"}
        },
        "databricks_secret_acl": {
            "job": {"scope": "${databricks_secret_scope.secrets.name}", "principal": job, "permission": "READ"}
        },
    }


@pytest.fixture
def terraform(server: Server, tmp_path: Path) -> Iterator[Terraform]:
    """Terraform, whose resources go with the test."""
    ready = in_workspace(server, tmp_path)
    yield ready
    ready("destroy", "-auto-approve", "-no-color")


def test_a_catalog_with_its_storage_lives_its_life(server: Server, people: People, terraform: Terraform) -> None:
    azure = StorageAccount(server, "terraformtest").prepare().authorize()
    client = server.admin()
    wanted = stack(azure, people.job)
    terraform.declare(wanted)
    assert "0 changed, 0 destroyed" in terraform.apply()
    assert "No changes" in terraform.plan(NO_CHANGES)
    catalog = client.catalogs.get("tf_dev")
    assert catalog.isolation_mode == CatalogIsolationMode.ISOLATED
    assert client.schemas.get("tf_dev.flights").owner == people.job
    assert str(catalog.storage_location).startswith(f"{azure.url}/tf_dev/__unitystorage/")
    own, reader = workspace_id("dev") or 0, workspace_id("prod") or 0
    bound = {b.workspace_id: b.binding_type for b in client.workspace_bindings.get_bindings("catalog", "tf_dev")}
    assert bound == {own: WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE, reader: READ_ONLY}

    # by hand: the reader may write, a policy says something else, a secret's reader goes, a privilege comes
    client.workspace_bindings.update_bindings("catalog", "tf_dev", add=[WorkspaceBinding(workspace_id=reader)])
    policy_id = terraform.identifier("databricks_cluster_policy.policy")
    client.cluster_policies.edit(policy_id, name=NAME, definition="{}")
    client.secrets.delete_acl(NAME, people.job)
    client.secrets.delete_secret(NAME, "api")
    more = PermissionsChange(principal=people.job, add=[Privilege.WRITE_FILES])
    client.grants.update("external_location", NAME, changes=[more])
    client.external_locations.update(NAME, comment="by hand")
    drift = terraform.plan(CHANGES)
    assert "databricks_workspace_binding.reader must be replaced" in drift
    assert "databricks_cluster_policy.policy will be updated in-place" in drift
    assert "databricks_secret_acl.job will be created" in drift and "databricks_secret.key will be created" in drift
    assert "databricks_grants.location will be updated in-place" in drift and '- "WRITE_FILES"' in drift
    assert "databricks_external_location.storage will be updated in-place" in drift
    assert "databricks_catalog.catalog will be" not in drift
    terraform.apply()
    assert "No changes" in terraform.plan(NO_CHANGES)
    assert client.secrets.get_acl(NAME, people.job).permission == AclPermission.READ
    assert {b.binding_type for b in client.workspace_bindings.get_bindings("catalog", "tf_dev")} == {
        WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE,
        READ_ONLY,
    }

    wanted["databricks_storage_credential"]["storage"]["comment"] = "another comment"
    wanted["databricks_cluster_policy"]["policy"]["description"] = "classic compute"
    terraform.declare(wanted)
    assert "0 added, 2 changed, 0 destroyed" in terraform.apply()
    assert client.storage_credentials.get(NAME).comment == "another comment"
    assert "No changes" in terraform.plan(NO_CHANGES)

    terraform.destroy()
    for gone in (
        lambda: client.catalogs.get("tf_dev"),
        lambda: client.external_locations.get(NAME),
        lambda: client.storage_credentials.get(NAME),
        lambda: client.cluster_policies.get(policy_id),
        lambda: list(client.secrets.list_secrets(NAME)),
    ):
        with pytest.raises(NotFound):
            gone()


def test_a_location_that_azure_does_not_open_is_refused_with_the_reason(
    server: Server, people: People, terraform: Terraform
) -> None:
    azure = StorageAccount(server, "closedtest").prepare()
    wanted = stack(azure, people.job)
    terraform.declare(
        {kind: wanted[kind] for kind in ("databricks_storage_credential", "databricks_external_location")}
    )
    refused = terraform("apply", "-auto-approve", "-no-color", expect=1)
    assert "is not authorized to access" in refused and "Storage Blob Data Contributor" in refused
