"""What an environment stands on: what the account's and the workspaces' stacks made, read from their outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from constructs import Construct

from environments import names
from environments.settings import Account, Environment, Model
from infra import outputs
from infra.access import visitors
from infra.outputs import Outputs
from infra.resources.identity import JobsIdentity


@dataclass(frozen=True)
class Foundation:
    """All that the environment's stack needs and does not make. Values are Terraform references."""

    workspace_url: str
    access_connector_id: str
    storage_url: str
    jobs: JobsIdentity
    application_ids: Mapping[str, str]
    """By display name: the service principals of its own jobs, and of other environments' jobs that read here."""
    budget_policy_id: str
    retrain_urls: Mapping[str, str]
    """By the model's name: a POST there starts the training job."""
    retrain_principals: Mapping[str, str]
    """By the model's name: the application id of who starts the training job then."""
    reader_workspace_ids: Mapping[str, float]
    """By the environment's name: the workspaces that may read the catalog, its own aside."""


def read_foundation(
    scope: Construct,
    account: Account,
    environments: Mapping[str, Environment],
    environment: Environment,
    models: Sequence[Model],
) -> Foundation:
    """Read it; `environments` are all there are, by name."""
    shared = Outputs(scope, outputs.ACCOUNT, account.state)
    workspaces = {
        name: Outputs(scope, outputs.workspace_stack(environments[name]), environments[name].state)
        for name in sorted({environment.name, *environment.readable_from})
    }
    own = workspaces[environment.name]
    principals = {
        names.service_principal(one): shared.text(outputs.SERVICE_PRINCIPALS, one.name, "application_id")
        for one in (environment, *visitors(environment, environments.values()))
    }
    return Foundation(
        workspace_url=own.text(outputs.WORKSPACE_URL),
        access_connector_id=own.text(outputs.ACCESS_CONNECTOR_ID),
        storage_url=own.text(outputs.STORAGE_URL),
        jobs=JobsIdentity(principals[names.service_principal(environment)]),
        application_ids=principals,
        budget_policy_id=shared.text(outputs.BUDGET_POLICY_IDS, environment.name),
        retrain_urls={model.name: own.text(outputs.RETRAIN_URLS, model.name) for model in models},
        retrain_principals={model.name: own.text(outputs.RETRAIN_PRINCIPALS, model.name) for model in models},
        reader_workspace_ids={
            name: workspaces[name].number(outputs.WORKSPACE_ID) for name in sorted(set(environment.readable_from))
        },
    )
