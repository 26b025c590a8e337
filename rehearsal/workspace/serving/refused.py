"""What Databricks' serving API has and the rehearsal has not: refused by name, so that nobody takes it for done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from rehearsal.workspace.authentication import CallDep
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.store import Body

router = APIRouter(prefix="/api/2.0/serving-endpoints")
_FIELDS = {
    "rate_limits": "rate_limits of an endpoint (set ai_gateway.rate_limits)",
    "email_notifications": "email_notifications of endpoints",
    "telemetry_config": "telemetry_config",
    "route_optimized": "route_optimized endpoints",
}


def check_fields(body: Body) -> None:
    """Refuse settings of a new endpoint that would have no effect. Raises DatabricksError 501."""
    for field, what in _FIELDS.items():
        if body.get(field):
            raise _not_emulated(what)


@router.post("/pt")
def create_provisioned_throughput(body: dict[str, Any], call: CallDep) -> Body:
    """Foundation models by provisioned throughput."""
    raise _not_emulated("provisioned throughput (it is for foundation models)")


@router.put("/pt/{name}/config")
def update_provisioned_throughput(name: str, body: dict[str, Any], call: CallDep) -> Body:
    """Foundation models by provisioned throughput."""
    raise _not_emulated("provisioned throughput (it is for foundation models)")


@router.put("/{name}/rate-limits")
def put_rate_limits(name: str, body: dict[str, Any], call: CallDep) -> Body:
    """The deprecated way to set limits."""
    raise _not_emulated(_FIELDS["rate_limits"])


@router.patch("/{name}/notifications")
def patch_notifications(name: str, body: dict[str, Any], call: CallDep) -> Body:
    """Mail about updates."""
    raise _not_emulated(_FIELDS["email_notifications"])


@router.patch("/{name}/telemetry-config")
def patch_telemetry_config(name: str, body: dict[str, Any], call: CallDep) -> Body:
    """Export of traces and logs."""
    raise _not_emulated(_FIELDS["telemetry_config"])


def _not_emulated(what: str) -> DatabricksError:
    return DatabricksError(501, "NOT_IMPLEMENTED", f"The rehearsal's Model Serving does not emulate {what}.")
