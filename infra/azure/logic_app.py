"""A model's Logic App: whoever posts to its address, as an alert's notification does, starts the training job.

An alert can call a webhook and no more; a job can be started by who proves an identity and knows the job's id. The
Logic App is what lies between: it answers at an address that only the alert's destination knows, finds the job by its
name and starts it, as an identity of its own that may do nothing but that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_azurerm.logic_app_action_custom import LogicAppActionCustom
from cdktf_cdktf_provider_azurerm.logic_app_trigger_http_request import LogicAppTriggerHttpRequest
from cdktf_cdktf_provider_azurerm.logic_app_workflow import LogicAppWorkflow, LogicAppWorkflowIdentity
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity
from constructs import Construct

from environments import names
from environments.settings import Environment, Model
from infra.azure.names import azure_name, retrain_identity
from infra.job_plans import ALERT, ALERT_STATE, REASON
from infra.tags import tags

# Azure Databricks' own application in every tenant: who tokens for a workspace are issued for.
# https://learn.microsoft.com/azure/databricks/dev-tools/azure-mi-auth
DATABRICKS_APPLICATION = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"


@dataclass(frozen=True)
class LogicAppResources:
    """The Logic App, who it is, and the address that starts it."""

    workflow: LogicAppWorkflow
    identity: UserAssignedIdentity
    url: str


def add_logic_app(
    scope: Construct, environment: Environment, model: Model, group: ResourceGroup, workspace_address: str
) -> LogicAppResources:
    """Add it; `workspace_address` begins with https://."""
    # Its own, not the system's: of such a one Terraform knows the application id, by which Databricks knows it.
    identity = UserAssignedIdentity(
        scope,
        f"retrain-{model.name}-identity",
        name=retrain_identity(environment, model),
        location=group.location,
        resource_group_name=group.name,
        tags=tags(environment, model),
    )
    workflow = LogicAppWorkflow(
        scope,
        f"retrain-{model.name}",
        name=azure_name(environment, "logic app", f"retrain-{model.name}"),
        location=group.location,
        resource_group_name=group.name,
        identity=LogicAppWorkflowIdentity(type="UserAssigned", identity_ids=[identity.id]),
        tags=tags(environment, model),
    )
    trigger = LogicAppTriggerHttpRequest(
        scope,
        f"retrain-{model.name}-alert",
        name="alert",
        logic_app_id=workflow.id,
        method="POST",
        schema=json.dumps({"type": "object"}),
    )
    authentication = {
        "type": "ManagedServiceIdentity",
        "audience": DATABRICKS_APPLICATION,
        "identity": identity.id,
    }
    find = LogicAppActionCustom(
        scope,
        f"retrain-{model.name}-find",
        name="find_job",
        logic_app_id=workflow.id,
        body=_http(
            {
                "method": "GET",
                "uri": f"{workspace_address}/api/2.2/jobs/list",
                "queries": {"name": names.job(environment, model, "training")},
                "authentication": authentication,
            }
        ),
        depends_on=[trigger],
    )
    LogicAppActionCustom(
        scope,
        f"retrain-{model.name}-start",
        name="start_job",
        logic_app_id=workflow.id,
        body=_http(
            {
                "method": "POST",
                "uri": f"{workspace_address}/api/2.2/jobs/run-now",
                "body": {
                    "job_id": "@body('find_job')['jobs'][0]['job_id']",
                    "job_parameters": _cause(),
                    # Logic Apps repeat a call that got no answer: the job starts once all the same.
                    "idempotency_token": "@workflow()['run']['name']",
                    # A training that is under way learns what this one would: a storm of alerts leaves no queue.
                    "queue": {"enabled": False},
                },
                "authentication": authentication,
            },
            after="find_job",
        ),
        depends_on=[find],
    )
    return LogicAppResources(workflow, identity, trigger.callback_url)


def _cause() -> dict[str, str]:
    """What the alert says, as parameters of the job. Databricks does not document what it posts: nothing is sure."""
    told = "triggerBody()?['{}']".format
    of_alert = "triggerBody()?['alert']?['{}']".format
    numbers = f"', value ', string({told('value')}), ', bound ', string({told('threshold')})"
    return {
        ALERT: f"@coalesce({of_alert('display_name')}, 'of another kind')",
        ALERT_STATE: f"@coalesce({of_alert('state')}, '')",
        REASON: f"@concat(coalesce({told('summary')}, 'no summary'), {numbers}, ', ', utcNow())",
    }


def _http(inputs: dict[str, Any], after: str | None = None) -> str:
    """An action that calls an address, in the workflow definition language."""
    return json.dumps({"type": "Http", "inputs": inputs, "runAfter": {after: ["Succeeded"]} if after else {}})
