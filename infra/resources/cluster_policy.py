"""What classic compute may be, where serverless does not do: a cluster policy, and who may make clusters by it."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_databricks.cluster_policy import ClusterPolicy
from cdktf_cdktf_provider_databricks.permissions import Permissions
from constructs import Construct

from environments import names
from environments.settings import Environment
from infra.resources.permissions import AccessLists
from infra.tags import tags

Rule = dict[str, str | int | list[str]]


def definition(environment: Environment) -> dict[str, Rule]:
    """The policy in Databricks' policy definition language."""
    classic = environment.compute.classic
    node_types: Rule = {"type": "allowlist", "values": classic.node_types, "defaultValue": classic.node_types[0]}
    workers: Rule = {"type": "range", "maxValue": classic.max_workers}
    return {
        # Standard access: many may share it, and Unity Catalog checks what each of them reads.
        "data_security_mode": {"type": "fixed", "value": "USER_ISOLATION"},
        "spark_version": {"type": "fixed", "value": classic.spark_version},
        "node_type_id": node_types,
        "driver_node_type_id": node_types,
        "num_workers": workers,
        "autoscale.max_workers": workers,
        "autotermination_minutes": {"type": "fixed", "value": classic.auto_termination_minutes},
        **{f"custom_tags.{key}": {"type": "fixed", "value": value} for key, value in tags(environment).items()},
    }


def add_cluster_policy(scope: Construct, environment: Environment, access: AccessLists) -> None:
    """Add the policy; who may use no policy can have no classic compute."""
    policy = ClusterPolicy(
        scope,
        "cluster-policy",
        name=names.cluster_policy(environment),
        description=f"Classic compute of {environment.name}",
        definition=json.dumps(definition(environment), sort_keys=True),
    )
    Permissions(
        scope,
        "cluster-policy-permissions",
        cluster_policy_id=policy.id,
        access_control=access.access_control("cluster_policy", names.cluster_policy(environment)),
    )
