"""The service principal that the environment's jobs run as, which the account's stack made."""

from __future__ import annotations

from dataclasses import dataclass

from environments import names
from environments.settings import Environment


@dataclass(frozen=True)
class JobsIdentity:
    """It, by what grants and access lists call it; a Terraform reference."""

    application_id: str


def principal_name(environment: Environment, jobs: JobsIdentity, principal: str) -> str:
    """The name that Unity Catalog knows the principal by: a service principal's is its application id."""
    return jobs.application_id if principal == names.service_principal(environment) else principal
