"""The plans of an environment's two stacks, made together, and applied as they were made."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from delivery.digest import digest
from delivery.errors import DeliveryError
from infra.plan.__main__ import stacks_of, told
from infra.plan.terraform import PlanError, Planned, plan, program, synthesize


@dataclass(frozen=True)
class EnvironmentPlan:
    """What deploying an environment would do: the plans of its stacks, in the order in which they are applied."""

    environment: str
    stacks: Sequence[Planned]

    @property
    def digest(self) -> str:
        """Of all stacks' plans."""
        return digest({planned.stack: planned.plan for planned in self.stacks})

    @property
    def refusals(self) -> list[str]:
        """Why Terraform refuses it, if it does."""
        return [f"{planned.stack}: {told(error)}" for planned in self.stacks for error in planned.errors]

    def require_accepted(self) -> None:
        """Raises DeliveryError when Terraform refuses it."""
        if self.refusals:
            expected = "a plan that Terraform does not refuse"
            raise DeliveryError(f"plan of {self.environment}", "; ".join(self.refusals), expected)

    def apply(self) -> None:
        """Apply the saved plans. Raises DeliveryError with the stack that failed; Terraform says why."""
        for planned in self.stacks:
            command = [program(), "apply", "-input=false", "-no-color", planned.file.name]
            done = subprocess.run(command, cwd=planned.folder, stderr=subprocess.STDOUT)
            if done.returncode:
                raise DeliveryError(
                    f"stack {planned.stack}", f"status {done.returncode}", "Terraform to apply its plan"
                )

    def forget(self) -> None:
        """Remove the saved plans: they hold values in the clear."""
        for planned in self.stacks:
            planned.file.unlink(missing_ok=True)


def make_plan(environment: str) -> EnvironmentPlan:
    """Synthesize, and let Terraform plan both stacks. Raises DeliveryError when there is nothing to show."""
    try:
        synthesize()
        with ThreadPoolExecutor() as threads:
            return EnvironmentPlan(environment, list(threads.map(plan, stacks_of([environment]))))
    except PlanError as error:
        raise DeliveryError(f"plan of {environment}", str(error), "one to show") from error
