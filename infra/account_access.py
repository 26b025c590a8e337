"""Who may use what the account holds for an environment: the service principal of its jobs.

That is a role of its own, which administrators do not have by themselves: neither who made a service principal nor a
workspace's administrator may let jobs run as it.
"""

from __future__ import annotations

from environments import names
from environments.settings import Environment
from infra.access import Grant


def account_access(environment: Environment) -> list[Grant]:
    """The roles, ordered by securable; their names are without `roles/`."""
    deployers, jobs = environment.groups.platform_engineers, names.service_principal(environment)
    return [
        Grant(
            deployers, "service_principal", jobs, ("servicePrincipal.user",), "deploy jobs and alerts that run as it"
        ),
    ]
