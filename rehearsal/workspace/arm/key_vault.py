"""Microsoft.KeyVault: vaults. Deleted ones are gone here; Azure keeps them for their retention days."""

from __future__ import annotations

from rehearsal.workspace.arm.errors import conflict, invalid
from rehearsal.workspace.arm.resources import Change, ResourceType

NAME = "arm_key_vault_name"  # names of vaults are unique in all of Azure


def _settle(change: Change) -> None:
    name, before = change.id.name, (change.before or {}).get("properties", {})
    taken = change.tx.get(NAME, name.lower())
    if taken is not None and taken["id"].lower() != change.id.key:
        raise conflict(
            f"The vault name '{name}' is already in use. Vault names are globally unique.", "VaultAlreadyExists"
        )
    if before.get("enablePurgeProtection") and not change.properties.get("enablePurgeProtection"):
        message = "The property 'enablePurgeProtection' cannot be set to false. Enabling it is an irreversible action."
        raise invalid(message, "BadRequest")
    change.tx.put(NAME, name.lower(), {"id": change.id.text})
    change.properties["vaultUri"] = f"https://{name}.vault.azure.net/"


def _remove(change: Change) -> None:
    change.tx.delete(NAME, change.id.name.lower())


TYPES = (ResourceType("Microsoft.KeyVault/vaults", settle=_settle, remove=_remove),)
