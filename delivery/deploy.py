"""Deploy an environment: plan anew, compare with what people have read, and apply just that."""

from __future__ import annotations

from collections.abc import Callable

from delivery.digest import NOTHING
from delivery.disposable import require_disposable
from delivery.errors import DeliveryError
from delivery.forge import Forge
from delivery.plan_text import summaries
from delivery.plans import EnvironmentPlan, make_plan
from delivery.review import require_reviewed, reviewed_digest, shown
from environments.settings import load_environment

Say = Callable[[str], None]


def deploy(environment: str, forge: Forge | None, reviewed: str | None, say: Say) -> None:
    """Raises DeliveryError, with nothing applied, when the plan is not the one that was reviewed.

    Args:
        reviewed: digest of the plan that people have read; without it, the one that the forge remembers.
    """
    plan = make_plan(environment)
    try:
        if reviewed is None and forge is not None:
            reviewed = reviewed_digest(forge, environment)
        try:
            require_reviewed(plan, reviewed)
        except DeliveryError:
            say(shown(plan, forge))
            raise
        _apply(plan, say)
    finally:
        plan.forget()


def restore(environment: str, say: Say) -> None:
    """Deploy what the checkout says, which has been reviewed when it came to main. For an environment to try things in.

    Raises DeliveryError for any other.
    """
    require_disposable(load_environment(environment))
    plan = make_plan(environment)
    try:
        plan.require_accepted()
        _apply(plan, say)
    finally:
        plan.forget()


def _apply(plan: EnvironmentPlan, say: Say) -> None:
    if plan.digest == NOTHING:
        say(f"{plan.environment} is as it should be: nothing is applied")
        return
    plan.apply()
    say(f"applied to {plan.environment}: {summaries(plan)} (plan {plan.digest})")
