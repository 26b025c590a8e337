"""The last word of a run: did every job succeed? Told on the pull request, else to people by an issue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from delivery.errors import DeliveryError
from delivery.forge import Forge, Status, pull_request_here
from delivery.text import table

CONTEXT = "delivery/verdict"
COMMENT = "verdict"
_MARKS = {"success": "✅", "failure": "❌", "cancelled": "⏹", "skipped": "–"}


def results_of(needs: str) -> dict[str, str]:
    """The results of jobs by name: from GitHub's `toJSON(needs)`, or Azure Pipelines' `dependencies` of a job, or its
    `stageDependencies`, which have the jobs of each stage
    (https://learn.microsoft.com/azure/devops/pipelines/process/expressions#dependencies).

    Raises DeliveryError for anything else.
    """
    expected = 'the results of jobs, such as {"unit": {"result": "success"}}'
    try:
        given: Any = json.loads(needs)
        stages = [{name: of} if "result" in of else of for name, of in given.items()]
        found = {name: _word(job["result"]) for stage in stages for name, job in stage.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DeliveryError("RESULTS", repr(needs), expected) from error
    if not found:
        raise DeliveryError("RESULTS", "no job", expected)
    return found


def is_good(results: Mapping[str, str]) -> bool:
    """A job that was left out because another failed, or that was cancelled, is no success."""
    return all(result == "success" for result in results.values())


def tell(forge: Forge, results: Mapping[str, str], people: str) -> None:
    """Tell it where people look; those who are named are notified of what is not well.

    Args:
        people: how to name them, such as `@example/ml-engineers`.
    """
    good, run = is_good(results), forge.run
    text = summary(results, run.pipeline, run.commit, run.url, "" if good else people)
    if pull := pull_request_here(forge):
        # A comment that is new notifies: each commit has its own, and good news only take the place of bad news.
        kind = f"{COMMENT} of {run.pipeline} {run.commit}"
        forge.edit_comment(pull.number, kind, lambda _: text, create=not good)
    if run.pull_request is not None:
        bad = ", ".join(f"{name}: {result}" for name, result in results.items() if result != "success")
        forge.set_status(Status(CONTEXT, "success" if good else "failure", bad or "every job succeeded"))
        return
    subject = f"Delivery: {run.pipeline} fails"
    if good:
        forge.settle(subject, text)
    else:
        forge.tell_people(subject, text)


def summary(results: Mapping[str, str], pipeline: str, commit: str, url: str, people: str) -> str:
    """As Markdown."""
    head = f"**{pipeline}**: {'all is well' if is_good(results) else 'not all is well'} with {commit} ([run]({url}))."
    rows = table(("", "job", "result"), ((_MARKS.get(result, "?"), name, result) for name, result in results.items()))
    return "\n\n".join([head, rows, *([people] if people else [])])


def _word(result: str) -> str:
    """Azure Pipelines says Succeeded, Failed, Canceled, Skipped, SucceededWithIssues."""
    word = result.lower()
    return {"succeeded": "success", "succeededwithissues": "success", "failed": "failure", "canceled": "cancelled"}.get(
        word, word
    )
