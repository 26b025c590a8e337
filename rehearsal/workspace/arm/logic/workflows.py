"""Workflows as resources, and the signed address that starts one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from rehearsal.workspace.arm import identities, resources
from rehearsal.workspace.arm.errors import not_found
from rehearsal.workspace.arm.logic import definition
from rehearsal.workspace.arm.resources import Change, ResourceType
from rehearsal.workspace.context import ACCOUNT, Platform
from rehearsal.workspace.store import Body, Transaction

WORKFLOW = "Microsoft.Logic/workflows"
KEY = "arm_workflow_key"  # by the workflow's own number: what signs its addresses, and whose it is
RUN = "arm_workflow_run"
API_VERSION = "2016-10-01"


def callback(tx: Transaction, platform: Platform, workflow: Body, trigger: str) -> Body:
    """The address that fires a trigger. Raises ArmError 404."""
    if trigger not in workflow["properties"].get("definition", {}).get("triggers", {}):
        message = f"The workflow trigger '{trigger}' could not be found."
        raise not_found(message, "WorkflowTriggerNotFound")
    number = workflow["properties"]["accessEndpoint"].rpartition("/")[2]
    base = f"{platform.host(ACCOUNT)}/workflows/{number}/triggers/{quote(trigger)}/paths/invoke"
    queries = {"api-version": API_VERSION, "sp": f"/triggers/{trigger}/run", "sv": "1.0"}
    queries["sig"] = signature(tx, number, queries["sp"], queries["sv"])
    return {"value": f"{base}?{urlencode(queries)}", "method": "POST", "basePath": base, "queries": queries}


def signature(tx: Transaction, number: str, permission: str, version: str) -> str:
    """The signature under what an address allows. Raises ArmError 404."""
    key = tx.get(KEY, number)
    if key is None:
        raise not_found(f"The workflow '{number}' could not be found.", "WorkflowNotFound")
    digest = hmac.new(key["secret"].encode(), f"{number}\n{permission}\n{version}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def by_number(tx: Transaction, number: str) -> Body | None:
    """The workflow with that number in its addresses, or None."""
    key = tx.get(KEY, number)
    return resources.find(tx, key["workflow"]) if key else None


def _settle(change: Change) -> None:
    properties = change.properties
    properties.setdefault("state", "Enabled")
    properties.setdefault("definition", {})
    definition.check(properties["definition"])
    identities.settle(change)
    now = datetime.now(UTC).isoformat()
    number = uuid.uuid4().hex
    change.kept("createdTime", now)
    properties["changedTime"] = now
    properties["version"] = str(change.tx.next_id("arm_workflow_version")).zfill(20)
    change.kept("accessEndpoint", f"{change.platform.host(ACCOUNT)}/workflows/{number}")
    if change.before is None:
        change.tx.put(KEY, number, {"secret": secrets.token_hex(32), "workflow": change.id.text})


def _remove(change: Change) -> None:
    change.tx.delete(KEY, change.properties["accessEndpoint"].rpartition("/")[2])
    identities.remove(change)
    for key, _ in change.tx.items(RUN, f"{change.id.key}/"):
        change.tx.delete(RUN, key)


TYPES = (ResourceType(WORKFLOW, settle=_settle, remove=_remove),)
