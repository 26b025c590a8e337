"""Which plan people have read: its digest is a status of the commit, which outlives the run that made the plan."""

from __future__ import annotations

from delivery.digest import NOTHING
from delivery.errors import DeliveryError
from delivery.forge import Forge, State, Status, pull_request_here
from delivery.plan_text import section, summaries
from delivery.plans import EnvironmentPlan
from delivery.text import with_section

COMMENT = "plan"


def context(environment: str) -> str:
    """Name of the status."""
    return f"plan/{environment}"


def shown(plan: EnvironmentPlan, forge: Forge | None) -> str:
    """The plan as people read it; outside a pipeline, that of the checkout."""
    return section(plan, forge.run.commit, forge.run.url) if forge else section(plan, "of this checkout", "")


def publish(forge: Forge, plan: EnvironmentPlan) -> None:
    """Tell the plan on the pull request, if there is one, and remember its digest."""
    text = shown(plan, forge)
    if pull := pull_request_here(forge):
        forge.edit_comment(pull.number, COMMENT, lambda body: with_section(body, plan.environment, text))
    state: State = "failure" if plan.refusals else "success"
    forge.set_status(Status(context(plan.environment), state, f"{plan.digest} {summaries(plan)}"))


def reviewed_digest(forge: Forge, environment: str) -> str | None:
    """The digest that was remembered last: for the run's commit, else for its pull request's head."""
    pull = forge.pull_request_of(forge.run.commit)
    for commit in (forge.run.commit, *([pull.head] if pull else [])):
        for status in forge.statuses(commit):
            if status.context == context(environment) and status.state == "success":
                return status.description.split()[0]
    return None


def require_reviewed(plan: EnvironmentPlan, reviewed: str | None) -> None:
    """Raises DeliveryError unless the plan is the one that was read. What would change nothing needs no reading."""
    plan.require_accepted()
    where, found = f"plan of {plan.environment}", plan.digest
    if found in (NOTHING, reviewed):
        return
    if reviewed is None:
        raise DeliveryError(where, f"digest {found} ({summaries(plan)})", "a plan that was published for review before")
    expected = f"the plan that was reviewed, {reviewed}: read the new one, then deploy with REVIEWED={found}"
    raise DeliveryError(where, f"digest {found} ({summaries(plan)})", expected)
