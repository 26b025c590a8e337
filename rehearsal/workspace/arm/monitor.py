"""Logs: Log Analytics workspaces, and diagnostic settings that send a resource's logs there."""

from __future__ import annotations

import uuid

from rehearsal.workspace.arm.errors import invalid
from rehearsal.workspace.arm.resources import Change, ResourceType

_DESTINATIONS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")


def _settle_workspace(change: Change) -> None:
    change.kept("customerId", str(uuid.uuid4()))


def _settle_setting(change: Change) -> None:
    if not any(change.properties.get(name) for name in _DESTINATIONS):
        raise invalid("At least one data sink needs to be specified.", "BadRequest")
    if not change.properties.get("logs") and not change.properties.get("metrics"):
        raise invalid("At least one category of logs or metrics needs to be specified.", "BadRequest")


TYPES = (
    ResourceType("Microsoft.OperationalInsights/workspaces", settle=_settle_workspace),
    ResourceType("Microsoft.Insights/diagnosticSettings", settle=_settle_setting, extension=True),
)
