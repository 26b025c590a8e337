"""For each: a nested task, once for every element of an array. https://learn.microsoft.com/azure/databricks/jobs/for-each."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from databricks.sdk.service.jobs import (
    ForEachStats,
    ForEachTaskErrorMessageStats,
    ForEachTaskTaskRunStats,
    RunTask,
)

from rehearsal.workspace.errors import invalid
from rehearsal.workspace.jobs import records, references, runs, states
from rehearsal.workspace.jobs.attempt import (
    Assignment,
    Attempt,
    Outcome,
    Scope,
    TaskType,
    canceled,
    failed,
    nothing_more,
)
from rehearsal.workspace.jobs.leash import Leash
from rehearsal.workspace.jobs.runs import Where
from rehearsal.workspace.store import Body, Transaction

FIELD = "for_each_task"
_MOST_AT_ONCE = 100
_MOST_ITERATIONS = 5000


class ForEachAttempt(Attempt):
    """Runs the iterations, as many at once as the settings allow; goes on where an earlier workspace was."""

    def __init__(self, given: Assignment) -> None:
        super().__init__(given)
        self._leash = Leash()

    def perform(self) -> Outcome:
        """Run all iterations to their result; one that fails does not keep the others from running."""
        try:
            waiting = self._prepare()
        except ValueError as error:
            return failed("INVALID_RUN_CONFIGURATION", str(error))
        if self.stopped.is_set():
            self._leash.end("CANCELED")
        at_once = self.settings[FIELD].get("concurrency") or 1
        with ThreadPoolExecutor(at_once, thread_name_prefix=f"for-each-{self.where}") as pool:
            for where in waiting:
                pool.submit(self._iterate, where)
        if self.runs.stopping.is_set():
            return canceled()  # of no consequence: the next start goes on
        with self.platform.store.transaction() as tx:
            run = runs.find(tx, self.run["workspace"], self.run["run_id"])
            iterations = runs.record(run, self.where)["iterations"]
            if self.stopped.is_set():
                for each in iterations:
                    if states.is_active(each):
                        records.ended(tx, each, "CANCELED", "USER_CANCELED", "Run cancelled.")
                runs.save(tx, run)
                return canceled()
        return _outcome(iterations)

    def stop(self) -> None:
        """End all iterations."""
        super().stop()
        self._leash.end("CANCELED")

    def _iterate(self, where: Where) -> None:
        if not self._leash.interrupted.is_set() and not self.runs.stopping.is_set():
            self.tend(where, self._leash)

    def _prepare(self) -> list[Where]:
        """The iterations without a result; made when the attempt is new. Raises ValueError, UnresolvedReference."""
        with self.platform.store.transaction() as tx:
            if "iterations" not in self.record:
                self._make(tx)
            run = runs.find(tx, self.run["workspace"], self.run["run_id"])
            iterations = runs.record(run, self.where)["iterations"]
        return [Where(self.where.task_key, each["index"]) for each in iterations if not each.get("result")]

    def _make(self, tx: Transaction) -> None:
        inputs = _inputs(references.resolve_value(self.settings[FIELD]["inputs"], self.context(tx)))
        earlier: list[Body] = self.record.get("earlier") or []
        # Repaired or tried again with the same inputs, only what has not succeeded is run again.
        kept = earlier if [each["input"] for each in earlier] == inputs else []
        nested = self.settings[FIELD]["task"]["task_key"]
        iterations = []
        for index, value in enumerate(inputs):
            if index < len(kept):
                if kept[index]["result"] != "SUCCESS":
                    records.next_attempt(tx, self.run, kept[index], repair=True, of=self.where.task_key)
                iterations.append(kept[index])
            else:
                where = Where(self.where.task_key, index)
                iterations.append(records.new_iteration(tx, self.run, where, nested, value))
        self.begin(iterations=iterations, earlier=None)


def _inputs(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"The inputs of the for-each task are not valid JSON: {error}") from error
    if not isinstance(value, list):
        raise ValueError("The inputs of the for-each task must be a JSON array.")
    if len(value) > _MOST_ITERATIONS:
        raise ValueError(f"The for-each task has {len(value)} inputs; at most {_MOST_ITERATIONS} are allowed.")
    return value


def _outcome(iterations: list[Body]) -> Outcome:
    unsuccessful = [each for each in iterations if each["result"] not in ("SUCCESS", "EXCLUDED")]
    if not unsuccessful:
        return Outcome("SUCCESS", "SUCCESS", "")
    text = f"{len(unsuccessful)} of {len(iterations)} iterations failed."
    return failed("RUN_EXECUTION_ERROR", text)


def _check(key: str, task: Body, scope: Scope) -> None:
    wanted = task[FIELD]
    if not isinstance(wanted.get("inputs"), str):
        raise invalid(f"Task '{key}': {FIELD}.inputs is required: a JSON array or a reference to one.")
    if "{{" not in wanted["inputs"]:
        try:
            _inputs(wanted["inputs"])
        except ValueError as error:
            raise invalid(f"Task '{key}': {error}") from error
    if not 1 <= (wanted.get("concurrency") or 1) <= _MOST_AT_ONCE:
        raise invalid(f"Task '{key}': {FIELD}.concurrency must be between 1 and {_MOST_AT_ONCE}.")
    if task.get("max_retries"):
        raise invalid(f"Task '{key}': a for-each task cannot be retried; set max_retries on its nested task.")
    nested = wanted.get("task")
    if not nested:
        raise invalid(f"Task '{key}': {FIELD}.task is required.")
    if FIELD in nested:
        raise invalid(f"Task '{key}': the task nested in a for-each task cannot be a for-each task.")
    if nested.get("depends_on"):
        raise invalid(f"Task '{key}': the task nested in a for-each task cannot depend on others.")
    scope.check_task(nested)


def _show(answer: RunTask, record: Body) -> None:
    iterations = record.get("iterations")
    if iterations is None:
        return
    assert answer.for_each_task is not None
    results = Counter(each.get("result") for each in iterations)
    ended = [each for each in iterations if each.get("result")]
    active = [each for each in iterations if not each.get("result") and each.get("start_time")]
    errors = Counter(
        (each.get("error") or each.get("message") or "", each.get("code") or "")
        for each in ended
        if each["result"] != "SUCCESS"
    )
    answer.for_each_task.stats = ForEachStats(
        error_message_stats=[
            ForEachTaskErrorMessageStats(count=count, error_message=message, termination_category=code)
            for (message, code), count in errors.most_common()
        ]
        or None,
        task_run_stats=ForEachTaskTaskRunStats(
            active_iterations=len(active),
            completed_iterations=len(ended),
            failed_iterations=len(ended) - results["SUCCESS"],
            scheduled_iterations=len(ended) + len(active),
            succeeded_iterations=results["SUCCESS"],
            total_iterations=len(iterations),
        ),
    )


TYPE = TaskType(FIELD, _check, ForEachAttempt, _show, nothing_more, resumes=True)
