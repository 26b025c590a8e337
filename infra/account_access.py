"""Who may use what the account holds for an environment: its jobs' service principal and its budget policy.

Those are roles of their own, which administrators do not have by themselves: neither who made a service principal nor a
workspace's administrator may let jobs run as it, and a budget policy is its maker's alone.
"""

from __future__ import annotations

from environments import names
from environments.settings import Environment
from infra.access import Grant


def account_access(environment: Environment) -> list[Grant]:
    """The roles, ordered by securable; their names are without `roles/`."""
    deployers, jobs = environment.groups.platform_engineers, names.service_principal(environment)
    policy = names.budget_policy(environment)
    return [
        Grant(deployers, "budget_policy", policy, ("budgetPolicy.manager",), "change it, whoever of them made it"),
        Grant(
            deployers, "budget_policy", policy, ("budgetPolicy.user",), "deploy jobs and endpoints that it is billed to"
        ),
        Grant(
            deployers, "service_principal", jobs, ("servicePrincipal.user",), "deploy jobs and alerts that run as it"
        ),
    ]
