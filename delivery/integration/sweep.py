"""Remove what killed integrations have left: endpoints of their own that are too old to be in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from databricks.sdk import WorkspaceClient

from delivery.integration.endpoint import MARK, TAG, remove
from environments import names
from environments.settings import Environment, Model

# Longer than a test may take: its job in the workflow ends after an hour.
OLD = timedelta(hours=2)


def sweep(environment: Environment, models: Sequence[Model], say: Callable[[str], None]) -> None:
    """Both the name and the tag must say that it is temporary."""
    client = WorkspaceClient(profile=environment.profile)
    ours = tuple(f"{names.endpoint(environment, model)}{MARK}" for model in models)
    for endpoint in list(client.serving_endpoints.list()):
        name, tags = endpoint.name or "", {tag.key for tag in endpoint.tags or []}
        if name.startswith(ours) and TAG in tags and is_old(endpoint.creation_timestamp, datetime.now(UTC)):
            say(f"endpoint {name} is removed" if remove(client, name) else f"endpoint {name} is gone already")
    say(f"{environment.name} is swept")


def is_old(created_ms: int | None, now: datetime) -> bool:
    """Databricks tells milliseconds since 1970; it told them when it answered at all."""
    return created_ms is not None and now - datetime.fromtimestamp(created_ms / 1000, UTC) > OLD
