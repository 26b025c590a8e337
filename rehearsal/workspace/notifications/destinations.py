"""Notification destinations: where alerts and jobs send word to. Kept by a workspace's administrators.

What a destination's type holds as secret (a webhook's URL may carry a signature) is stored and never shown again: the
answer says `url_set`. https://learn.microsoft.com/azure/databricks/admin/workspace-settings/notification-destinations
"""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from databricks.sdk.service.settings import (
    Config,
    DestinationType,
    ListNotificationDestinationsResult,
    NotificationDestination,
)

from rehearsal.workspace.bodies import parsed
from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import already_exists, denied, invalid, not_found
from rehearsal.workspace.store import Body, Transaction

KIND = "notification_destination"
EMAIL, WEBHOOK = DestinationType.EMAIL, DestinationType.WEBHOOK
# The types that the rehearsal delivers to, by the field of the configuration that makes a destination one of them.
_TYPES = {"email": EMAIL, "generic_webhook": WEBHOOK}
_SECRET = ("url", "username", "password")


def create(tx: Transaction, call: Call, body: Body) -> Body:
    """Make a destination. Raises DatabricksError 400, 403, 409."""
    _require_admin(call)
    name = _free_name(tx, call, body.get("display_name"))
    kind, config = _checked(body.get("config"))
    identifier = str(uuid.uuid4())
    stored = {"id": identifier, "display_name": name, "destination_type": kind.value, "config": config}
    tx.put(KIND, _key(call.workspace, identifier), stored)
    return shown(stored)


def get(tx: Transaction, call: Call, identifier: str) -> Body:
    """One destination, less its secrets. Raises DatabricksError 403, 404."""
    _require_admin(call)
    return shown(find(tx, call.workspace, identifier))


def find(tx: Transaction, workspace: str, identifier: str) -> Body:
    """One destination as stored, secrets and all, for delivery. Raises DatabricksError 404."""
    stored = tx.get(KIND, _key(workspace, identifier))
    if stored is None:
        raise not_found(f"Notification destination {identifier} does not exist.")
    return stored


def summaries(tx: Transaction, call: Call) -> list[Body]:
    """Name and type of each: what anybody needs to subscribe one."""
    found = [NotificationDestination.from_dict(shown(stored)) for stored in tx.list(KIND, f"{call.workspace}/")]
    return [
        ListNotificationDestinationsResult(item.destination_type, item.display_name, item.id).as_dict()
        for item in sorted(found, key=lambda item: item.display_name or "")
    ]


def update(tx: Transaction, call: Call, identifier: str, body: Body) -> Body:
    """Change name or configuration; the type stays. Raises DatabricksError 400, 403, 404, 409."""
    _require_admin(call)
    stored = find(tx, call.workspace, identifier)
    if body.get("display_name", stored["display_name"]) != stored["display_name"]:
        stored["display_name"] = _free_name(tx, call, body["display_name"])
    if body.get("config"):
        kind, config = _checked(body["config"], stored["config"])
        if kind.value != stored["destination_type"]:
            raise invalid(f"The type of a notification destination cannot change: it is {stored['destination_type']}.")
        stored["config"] = config
    tx.put(KIND, _key(call.workspace, identifier), stored)
    return shown(stored)


def delete(tx: Transaction, call: Call, identifier: str) -> None:
    """Remove one. Raises DatabricksError 403, 404."""
    _require_admin(call)
    find(tx, call.workspace, identifier)
    tx.delete(KIND, _key(call.workspace, identifier))


def shown(stored: Body) -> Body:
    """A destination as it leaves by REST."""
    config = dict(stored["config"])
    if webhook := config.get("generic_webhook"):
        config["generic_webhook"] = {f"{name}_set": True for name in _SECRET if webhook.get(name)}
    return NotificationDestination.from_dict({**stored, "config": config}).as_dict()


def _checked(body: object, before: Body | None = None) -> tuple[DestinationType, Body]:
    if not isinstance(body, dict):
        raise invalid("config must be specified.")
    given = parsed(Config, body).as_dict()
    if len(given) != 1:
        raise invalid(f"config must hold exactly one type of destination; found {sorted(given) or 'none'}.")
    (field,) = given
    if field not in _TYPES:
        raise invalid(f"Destinations of type {field} are not available in this workspace; use {', '.join(_TYPES)}.")
    config = {**((before or {}).get(field) or {}), **given[field]}
    if field == "email":
        _check_addresses(config.get("addresses") or [])
    else:
        _check_url(str(config.get("url") or ""))
        config = {name: config[name] for name in _SECRET if config.get(name)}
    return _TYPES[field], {field: config}


def _check_addresses(addresses: list[str]) -> None:
    if not addresses:
        raise invalid("config.email.addresses must name at least one address.")
    for address in addresses:
        local, _, domain = address.partition("@")
        if not local or "." not in domain or " " in address:
            raise invalid(f"'{address}' is not an e-mail address.")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    # Databricks asks for https; a receiver on this machine, such as the rehearsal's Logic Apps, has no certificate.
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname))):
        raise invalid("config.generic_webhook.url must be an https URL (http is allowed to the loopback address only).")


def _loopback(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")


def _free_name(tx: Transaction, call: Call, name: object) -> str:
    if not isinstance(name, str) or not name:
        raise invalid("display_name must be specified.")
    if any(other["display_name"] == name for other in tx.list(KIND, f"{call.workspace}/")):
        raise already_exists(f"A notification destination named '{name}' already exists.")
    return name


def _require_admin(call: Call) -> None:
    if not call.principal.is_admin:
        raise denied("Only workspace administrators can manage notification destinations.")


def _key(workspace: str, identifier: str) -> str:
    return f"{workspace}/{identifier}"
