"""Where a rehearsal's time went: Terraform, the tasks of the jobs by their key, and what people and servers took."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from rehearsal.play.report.model import Rehearsal

DEPLOYMENTS, JOBS = "cdktf deploy ", "run job "  # how the names of such steps begin


@dataclass(frozen=True)
class Share:
    """What took how long, in seconds; tasks that ran at the same time are each counted in full."""

    what: str
    times: int
    seconds: float


def profile(rehearsal: Rehearsal) -> list[Share]:
    """What took longest comes first."""
    spent: dict[str, list[float]] = defaultdict(list)
    for step in rehearsal.steps:
        if step.name.startswith(DEPLOYMENTS):
            spent["Terraform, by cdktf deploy"].append(step.seconds)
        elif not step.name.startswith(JOBS):
            spent["people, callers and servers"].append(step.seconds)
    for run in rehearsal.runs:
        for task in run.tasks:
            if task.seconds:
                spent[f"task {task.key}"].append(task.seconds)
    shares = [Share(what, len(each), sum(each)) for what, each in spent.items()]
    return sorted(shares, key=lambda share: -share.seconds)
