"""What a job's task graph says next: which tasks may start, which never will, and how the run has ended. Pure.

https://learn.microsoft.com/azure/databricks/jobs/run-if
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from rehearsal.workspace.jobs.states import CANCELED, FAILED

Graph = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Decision:
    """Tasks to start now, and the result of tasks that are not going to run."""

    start: list[str]
    skip: dict[str, str]


def cycle(graph: Graph) -> list[str] | None:
    """The tasks of a circle of dependencies, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def decide(graph: Graph, run_if: Mapping[str, str], waiting: set[str], results: Mapping[str, str]) -> Decision:
    """Judge every waiting task all of whose dependencies have a result."""
    decision = Decision([], {})
    for key in graph:
        if key not in waiting or any(parent not in results for parent in graph[key]):
            continue
        outcomes = [results[parent] for parent in graph[key]]
        if _met(run_if.get(key, "ALL_SUCCESS"), outcomes):
            decision.start.append(key)
        elif any(outcome in FAILED for outcome in outcomes):
            decision.skip[key] = "UPSTREAM_FAILED"
        elif any(outcome in CANCELED for outcome in outcomes):
            decision.skip[key] = "UPSTREAM_CANCELED"
        else:
            decision.skip[key] = "EXCLUDED"
    return decision


def _met(condition: str, outcomes: list[str]) -> bool:
    succeeded = [outcome == "SUCCESS" for outcome in outcomes]
    failed = [outcome in FAILED | CANCELED for outcome in outcomes]
    match condition:
        case "ALL_SUCCESS":
            return all(succeeded)
        case "ALL_DONE":
            return True
        case "AT_LEAST_ONE_SUCCESS":
            return any(succeeded) or not outcomes
        case "NONE_FAILED":
            return not any(failed) and (any(succeeded) or not outcomes)
        case "AT_LEAST_ONE_FAILED":
            return any(failed)
        case "ALL_FAILED":
            return bool(outcomes) and all(failed)
    raise ValueError(f"unknown condition {condition}")


def result(graph: Graph, results: Mapping[str, str]) -> str:
    """The run's result: that of its leaves, the tasks on which none depends."""
    parents = {parent for parent_list in graph.values() for parent in parent_list}
    leaves = [results[key] for key in graph if key not in parents]
    if any(outcome in FAILED for outcome in leaves):
        return "FAILED"
    if any(outcome in CANCELED for outcome in leaves):
        return "CANCELED"
    clean = all(outcome in ("SUCCESS", "EXCLUDED") for outcome in results.values())
    return "SUCCESS" if clean else "SUCCESS_WITH_FAILURES"
