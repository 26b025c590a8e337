"""The online feature store, from which endpoints look features up by key."""

from __future__ import annotations

from cdktf_cdktf_provider_databricks.online_store import OnlineStore
from constructs import Construct

from environments import names
from environments.settings import Environment
from infra.resources.protection import protection


def add_online_store(scope: Construct, environment: Environment) -> OnlineStore:
    """Add the store; the features' jobs publish to it."""
    return OnlineStore(
        scope,
        "online-store",
        name=names.online_store(environment),
        capacity=environment.online_store.capacity,
        lifecycle=protection(environment),
    )
