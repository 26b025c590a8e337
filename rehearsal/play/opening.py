"""How a play opens: stacks are deployed in their order, and people come once there are groups."""

from __future__ import annotations

from collections.abc import Sequence

from environments.settings import Groups
from rehearsal.play import deploy, people
from rehearsal.play.people import People
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.progress import Progress


def deploy_all(local: LocalPlatform, progress: Progress, stacks: Sequence[Sequence[str]], groups: Groups) -> People:
    """Deploy the stacks; people join the groups after the first of them, the account's. Raises DeployError.

    Args:
        stacks: those that are deployed at the same time, one such set after another.
    """
    first, *others = stacks
    deploy_stacks(local, progress, first, synthesize=True)
    with progress.step("people join their groups by SCIM"):
        known = people.provision(local, groups)
    for each in others:
        deploy_stacks(local, progress, each, synthesize=False)
    return known


def deploy_stacks(local: LocalPlatform, progress: Progress, stacks: Sequence[str], *, synthesize: bool) -> None:
    """Deploy stacks that do not need each other, at the same time, as a step. Raises DeployError."""
    with progress.step(f"cdktf deploy {' '.join(stacks)}") as step:
        variables = deploy.environment(local)
        step.outcome = deploy.cdktf("deploy", stacks, variables, step.doing, synthesize=synthesize)
