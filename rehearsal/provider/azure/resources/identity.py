"""Managed identities, and the block by which other resources have one."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.provider.azure.fields import At, Block, Field, Out
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource

IDENTITY = Block(
    "identity",
    {
        "type": At("type"),
        "identity_ids": At("userAssignedIdentities", lambda ids: {name: {} for name in ids}, sorted),
        "principal_id": Out("principalId"),
        "tenant_id": Out("tenantId"),
    },
)


class UserAssignedIdentity(AzureResource):
    """An identity that lives by itself."""

    name = "user_assigned_identity"
    place = InGroup("Microsoft.ManagedIdentity/userAssignedIdentities")
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "client_id": Out("properties.clientId"),
        "principal_id": Out("properties.principalId"),
        "tenant_id": Out("properties.tenantId"),
    }
