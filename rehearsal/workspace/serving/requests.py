"""What the handlers of endpoints read from a request's body, of the types that databricks-sdk sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from databricks.sdk.service.serving import AiGatewayConfig, EndpointCoreConfigInput, EndpointTag

from rehearsal.workspace import bodies
from rehearsal.workspace.errors import invalid


@dataclass
class EndpointRequest:
    """A new endpoint; databricks-sdk has no dataclass of it."""

    name: str | None = None
    description: str | None = None
    budget_policy_id: str | None = None
    route_optimized: bool | None = None
    config: EndpointCoreConfigInput | None = None
    ai_gateway: AiGatewayConfig | None = None
    tags: list[EndpointTag] = field(default_factory=list)


@dataclass
class TagsRequest:
    """Tags to add and keys of tags to remove."""

    add_tags: list[EndpointTag] = field(default_factory=list)
    delete_tags: list[str] = field(default_factory=list)


def endpoint(body: object) -> dict[str, Any]:
    """A new endpoint's body whose fields are of their types. Raises DatabricksError 400."""
    found = bodies.checked(EndpointRequest, body)
    _require_keys(found.get("tags", []))
    return found


def tags(body: object) -> dict[str, Any]:
    """A change of tags whose fields are of their types. Raises DatabricksError 400."""
    found = bodies.checked(TagsRequest, body)
    _require_keys(found.get("add_tags", []))
    return found


def _require_keys(found: list[dict[str, Any]]) -> None:
    if not all(tag.get("key") for tag in found):
        raise invalid("Each tag of an endpoint needs a key.")
