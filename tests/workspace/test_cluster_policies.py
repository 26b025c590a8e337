"""Cluster policies by the stock client: definitions that are held against the language, and who may use a policy."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from rehearsal.workspace.cluster_policies import definitions
from rehearsal.workspace.errors import DatabricksError
from tests.workspace.conftest import People, Server

DEFINITION = {
    "data_security_mode": {"type": "fixed", "value": "USER_ISOLATION"},
    "node_type_id": {"type": "allowlist", "values": ["Standard_D4ds_v5"], "defaultValue": "Standard_D4ds_v5"},
    "autoscale.max_workers": {"type": "range", "maxValue": 4},
    "custom_tags.team": {"type": "regex", "pattern": "ml-.*"},
    "ssh_public_keys": {"type": "forbidden"},
    "spark_conf.spark.databricks.cluster.profile": {"type": "unlimited", "isOptional": True},
    "dbus_per_hour": {"type": "range", "maxValue": 10},
}


@pytest.fixture
def policy(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The id of a policy."""
    api = server.admin().cluster_policies
    made = api.create(name=request.node.name, definition=json.dumps(DEFINITION), max_clusters_per_user=1)
    yield str(made.policy_id)
    api.delete(str(made.policy_id))


def test_a_policy_is_made_edited_and_deleted(server: Server) -> None:
    api = server.admin().cluster_policies
    policy_id = str(api.create(name="mine", definition=json.dumps(DEFINITION), description="first").policy_id)
    made = api.get(policy_id)
    assert (made.name, made.description, made.creator_user_name) == ("mine", "first", "admin@example.com")
    assert json.loads(made.definition or "") == DEFINITION
    api.edit(policy_id, name="yours", definition="{}")
    changed = api.get(policy_id)
    assert (changed.name, changed.description, changed.definition) == ("yours", None, "{}")
    assert changed.created_at_timestamp == made.created_at_timestamp
    assert policy_id in {found.policy_id for found in api.list()}
    api.delete(policy_id)
    with pytest.raises(NotFound):
        api.get(policy_id)
    with pytest.raises(NotFound):
        server.admin().permissions.get("cluster-policies", policy_id)


def test_people_use_what_they_are_given_and_change_nothing(server: Server, people: People, policy: str) -> None:
    mine = server.client(people.scientist).cluster_policies
    with pytest.raises(PermissionDenied):
        mine.get(policy)
    use = AccessControlRequest(group_name="data-scientists", permission_level=PermissionLevel.CAN_USE)
    held = server.admin().permissions.set("cluster-policies", policy, access_control_list=[use])
    assert held.object_type == "cluster-policy"
    assert [entry.group_name for entry in held.access_control_list or []] == ["data-scientists"]
    assert policy in {found.policy_id for found in mine.list()}
    for attempt in (
        lambda: mine.create(name="own", definition="{}"),
        lambda: mine.edit(policy, name="own", definition="{}"),
        lambda: mine.delete(policy),
        lambda: server.client(people.scientist).permissions.set("cluster-policies", policy, access_control_list=[use]),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    manage = AccessControlRequest(group_name="data-scientists", permission_level=PermissionLevel.CAN_MANAGE)
    with pytest.raises(BadRequest, match="not a valid permission level"):
        server.admin().permissions.set("cluster-policies", policy, access_control_list=[manage])
    assert policy not in {found.policy_id for found in server.admin("prod").cluster_policies.list()}


def test_names_are_unique_and_definitions_checked_before_anything_changes(server: Server, policy: str) -> None:
    api = server.admin().cluster_policies
    name = api.get(policy).name
    with pytest.raises(BadRequest, match="already exists"):
        api.create(name=name, definition="{}")
    with pytest.raises(BadRequest, match="needs a name and a definition"):
        api.create(name="without")
    with pytest.raises(BadRequest, match="'node_type' is not an attribute"):
        api.edit(policy, name=name, definition='{"node_type": {"type": "forbidden"}}')
    assert json.loads(api.get(policy).definition or "") == DEFINITION


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ('{"num_workers": 3}', "needs a type"),
        ('{"num_workers": {"type": "exact", "value": 3}}', "needs a type, one of fixed"),
        ('{"num_workers": {"type": "fixed"}}', "of type fixed needs value"),
        ('{"num_workers": {"type": "fixed", "value": 3, "maxValue": 4}}', "does not have maxValue"),
        ('{"num_workers": {"type": "range"}}', "needs minValue or maxValue"),
        ('{"num_workers": {"type": "range", "minValue": 3, "maxValue": 2}}', "empty"),
        ('{"num_workers": {"type": "range", "maxValue": "2"}}', "numbers"),
        ('{"node_type_id": {"type": "allowlist", "values": []}}', "not empty"),
        ('{"node_type_id": {"type": "allowlist", "values": ["a"], "defaultValue": "b"}}', "default 'b'"),
        ('{"node_type_id": {"type": "blocklist", "values": ["a"], "defaultValue": "a"}}', "default 'a'"),
        ('{"node_type_id": {"type": "regex", "pattern": "("}}', "no regular expression"),
        ('{"node_type_id": {"type": "regex", "pattern": "a+", "defaultValue": "b"}}', "default 'b'"),
    ],
)
def test_wrong_definitions_are_told_by_their_attribute(text: str, words: str) -> None:
    with pytest.raises(DatabricksError, match=words):
        definitions.parse(text)
