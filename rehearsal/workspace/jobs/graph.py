"""What a job's task graph says next: which tasks may start, which never will, and how the run has ended. Pure.

https://learn.microsoft.com/azure/databricks/jobs/run-if and https://learn.microsoft.com/azure/databricks/jobs/if-else
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from rehearsal.workspace.jobs.states import CANCELED, FAILED
from rehearsal.workspace.store import Body


class Edge(NamedTuple):
    """A dependency; `outcome` is what an if/else task must have come to (`true` or `false`)."""

    task_key: str
    outcome: str | None = None


Graph = Mapping[str, Sequence[Edge]]
_HANDLES_FAILURE = ("AT_LEAST_ONE_FAILED", "ALL_FAILED")
# What an edge counts for whose if/else task took the other branch.
_OTHER_BRANCH = "OTHER_BRANCH"


@dataclass(frozen=True)
class Decision:
    """Tasks to start now, and the result of tasks that are not going to run."""

    start: list[str]
    skip: dict[str, str]


def of(tasks: Sequence[Body]) -> Graph:
    """The graph that the tasks' settings describe."""
    return {
        task["task_key"]: [Edge(parent["task_key"], parent.get("outcome")) for parent in task.get("depends_on") or []]
        for task in tasks
    }


def cycle(graph: Graph) -> list[str] | None:
    """The tasks of a circle of dependencies, if there is one."""
    try:
        TopologicalSorter({key: [edge.task_key for edge in edges] for key, edges in graph.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def dependents(graph: Graph, keys: set[str]) -> set[str]:
    """The tasks that depend on any of these, directly or by others."""
    found: set[str] = set()
    while True:
        more = {key for key, edges in graph.items() if any(edge.task_key in keys | found for edge in edges)} - found
        if not more:
            return found
        found |= more


def decide(
    graph: Graph,
    run_if: Mapping[str, str],
    waiting: set[str],
    results: Mapping[str, str],
    outcomes: Mapping[str, str],
) -> Decision:
    """Judge every waiting task all of whose dependencies have a result.

    Args:
        outcomes: of each if/else task that has run, `true` or `false`.
    """
    decision = Decision([], {})
    for key, edges in graph.items():
        if key not in waiting or any(edge.task_key not in results for edge in edges):
            continue
        verdict = _verdict(run_if.get(key, "ALL_SUCCESS"), [_counted(edge, results, outcomes) for edge in edges])
        if verdict is None:
            decision.start.append(key)
        else:
            decision.skip[key] = verdict
    return decision


def result(graph: Graph, results: Mapping[str, str]) -> str:
    """The run's result: that of its leaves, the tasks on which none depends."""
    parents = {edge.task_key for edges in graph.values() for edge in edges}
    leaves = [results[key] for key in graph if key not in parents]
    if any(outcome in FAILED for outcome in leaves):
        return "FAILED"
    if any(outcome in CANCELED for outcome in leaves):
        return "CANCELED"
    clean = all(outcome in ("SUCCESS", "EXCLUDED") for outcome in results.values())
    return "SUCCESS" if clean else "SUCCESS_WITH_FAILURES"


def _counted(edge: Edge, results: Mapping[str, str], outcomes: Mapping[str, str]) -> str:
    outcome = results[edge.task_key]
    if edge.outcome is not None and outcome == "SUCCESS" and outcomes.get(edge.task_key) != edge.outcome:
        return _OTHER_BRANCH
    return outcome


def _verdict(condition: str, counted: list[str]) -> str | None:
    """None to run, else the result of a task that does not."""
    if not counted:
        return None
    # All dependencies excluded: excluded, too, whatever the condition says.
    if all(outcome in ("EXCLUDED", _OTHER_BRANCH) for outcome in counted):
        return "EXCLUDED"
    if _met(condition, counted):
        return None
    if condition in _HANDLES_FAILURE:
        return "EXCLUDED"
    if any(outcome in FAILED for outcome in counted):
        return "UPSTREAM_FAILED"
    if any(outcome in CANCELED for outcome in counted):
        return "UPSTREAM_CANCELED"
    return "EXCLUDED"


def _met(condition: str, counted: list[str]) -> bool:
    failed = [outcome in FAILED | CANCELED for outcome in counted]
    match condition:
        case "ALL_SUCCESS":
            # Excluded tasks are treated as successful; the other branch of an if/else is not.
            return all(outcome in ("SUCCESS", "EXCLUDED") for outcome in counted)
        case "ALL_DONE":
            return True
        case "AT_LEAST_ONE_SUCCESS":
            return "SUCCESS" in counted
        case "NONE_FAILED":
            return not any(failed)
        case "AT_LEAST_ONE_FAILED":
            return any(failed)
        case "ALL_FAILED":
            return all(failed)
    raise ValueError(f"unknown condition {condition}")
