"""SQL on a warehouse: the statements of a file or of a saved query, or an alert. https://learn.microsoft.com/azure/databricks/jobs/sql."""

from __future__ import annotations

import uuid
from typing import Any

from databricks.sdk.service.jobs import (
    ResolvedParamPairValues,
    ResolvedValues,
    RunOutput,
    RunTask,
    SqlAlertOutput,
    SqlAlertState,
    SqlOutput,
    SqlQueryOutput,
    SqlStatementOutput,
)
from databricks.sdk.service.sql import LifecycleState
from sqlglot import TokenType, tokenize
from sqlglot.errors import TokenError

from rehearsal.workspace.context import Call
from rehearsal.workspace.errors import invalid
from rehearsal.workspace.jobs import files, references
from rehearsal.workspace.jobs.attempt import Attempt, Outcome, Scope, TaskType, canceled, failed
from rehearsal.workspace.notifications import outbox
from rehearsal.workspace.notifications.outbox import Message
from rehearsal.workspace.permissions import acl
from rehearsal.workspace.sql import alert_evaluation, queries, statements, warehouses
from rehearsal.workspace.store import Body

FIELD = "sql_task"
_KINDS = ("alert", "file", "query")
_RUNNING = ("PENDING", "RUNNING")
_PAUSE_SECONDS = 0.05
# As much of a result as later tasks can refer to: https://learn.microsoft.com/azure/databricks/jobs/dynamic-value-references
_MOST_ROWS = 1000


class SqlAttempt(Attempt):
    """Runs the statements one after the other, or evaluates the alert."""

    def perform(self) -> Outcome:
        """As the run's principal on the task's warehouse."""
        if self.stopped.is_set():
            return canceled()
        with self.platform.store.transaction() as tx:
            principal = self.principal(tx)
            context = self.context(tx)
            given = {**(self.settings[FIELD].get("parameters") or {}), **self.run["overriding"].get("sql_params", {})}
            parameters = {name: references.resolve(str(value), context) for name, value in given.items()}
            self.begin(resolved=parameters)
        call = Call(principal, self.run["workspace"], self.platform, str(uuid.uuid4()))
        if "alert" in self.settings[FIELD]:
            return self._alert(call)
        text, defaults = self._text(call)
        return self._statements(call, text, {**defaults, **parameters})

    def _text(self, call: Call) -> tuple[str, dict[str, str]]:
        """The statements, and what their parameters are unless the task says otherwise. Raises DatabricksError."""
        wanted = self.settings[FIELD]
        if "file" in wanted:
            return files.read(self.platform, call.principal, wanted["file"]["path"]).decode(), {}
        with self.platform.store.transaction() as tx:
            query = queries.get(tx, call, wanted["query"]["query_id"], "CAN_RUN")
        if query["lifecycle_state"] != LifecycleState.ACTIVE.value:
            raise invalid(f"Query {query['id']} is in the trash.")
        return query["query_text"], _defaults(query.get("parameters") or [])

    def _statements(self, call: Call, text: str, parameters: dict[str, str]) -> Outcome:
        done: list[str] = []
        answer: Body = {}
        for statement in split(text):
            answer = self._statement(call, statement, parameters)
            if self.stopped.is_set() or self.runs.stopping.is_set():
                return canceled()
            done.append(answer["statement_id"])
            self.note(
                sql={"query_text": text, "statements": done, "warehouse_id": self.settings[FIELD]["warehouse_id"]}
            )
            if answer["status"]["state"] != "SUCCEEDED":
                error = answer["status"].get("error") or {}
                return failed("RUN_EXECUTION_ERROR", error.get("message") or "The statement did not succeed.")
        rows = _rows(answer)
        self.note(output={"rows": rows, "first_row": rows[0] if rows else {}})
        return Outcome("SUCCESS", "SUCCESS", "")

    def _statement(self, call: Call, statement: str, parameters: dict[str, str]) -> Body:
        body: Body = {
            "statement": statement,
            "warehouse_id": self.settings[FIELD]["warehouse_id"],
            "wait_timeout": "0s",
            "parameters": [{"name": name, "value": value} for name, value in parameters.items()],
        }
        answer = statements.execute(call, body)
        while answer["status"]["state"] in _RUNNING:
            if self.stopped.wait(_PAUSE_SECONDS):
                statements.cancel(call, answer["statement_id"])
            answer = statements.get(call, answer["statement_id"])
        return answer

    def _alert(self, call: Call) -> Outcome:
        wanted = self.settings[FIELD]["alert"]
        identifier = wanted["alert_id"]
        with self.platform.store.transaction() as tx:
            acl.require_level(tx, call.principal, call.workspace, "alertsv2", identifier, "CAN_RUN")
            warehouses.get(tx, call, self.settings[FIELD]["warehouse_id"], "CAN_USE")
        stored = alert_evaluation.evaluate(self.platform, call.workspace, identifier)
        state = stored["evaluation"]["state"]
        self.note(
            sql={"alert_state": state, "warehouse_id": stored["warehouse_id"], "query_text": stored["query_text"]},
            output={"alert_state": state},
        )
        if state == "ERROR":
            return failed("RUN_EXECUTION_ERROR", f"The alert '{stored['display_name']}' could not be evaluated.")
        if state == "TRIGGERED" and not wanted.get("pause_subscriptions"):
            self._tell(stored, wanted.get("subscriptions") or [])
        return Outcome("SUCCESS", "SUCCESS", "")

    def _tell(self, stored: Body, subscriptions: list[Body]) -> None:
        """Word to those whom the task names, besides those whom the alert itself tells."""
        run = self.run
        name = stored["display_name"]
        payload = {"event_type": "alerts.triggered_by_task", "alert": {"id": stored["id"], "display_name": name}}
        message = Message(
            f"[TRIGGERED] {name}",
            f"Job {run['job_id']}, run {run['run_id']}.",
            payload,
            f"/sql/alerts-v2/{stored['id']}",
        )
        with self.platform.store.transaction() as tx:
            outbox.send(
                tx,
                run["workspace"],
                message,
                [each["user_name"] for each in subscriptions if each.get("user_name")],
                [each["destination_id"] for each in subscriptions if each.get("destination_id")],
            )


def _defaults(parameters: list[Body]) -> dict[str, str]:
    """Values that a saved query's own parameters hold: of texts, numbers and dates, which are one value each."""
    found = {}
    for parameter in parameters:
        for kind in ("text_value", "numeric_value", "date_value"):
            value = (parameter.get(kind) or {}).get("date_value" if kind == "date_value" else "value")
            if value is not None:
                found[parameter["name"]] = str(value)
    return found


def split(text: str) -> list[str]:
    """The statements of a text, without the semicolons between them. Raises DatabricksError 400 for what is no SQL."""
    try:
        ends = [token.start for token in tokenize(text, read="databricks") if token.token_type == TokenType.SEMICOLON]
    except TokenError as error:
        raise invalid(f"The SQL file cannot be read: {error}") from error
    starts = [0, *(end + 1 for end in ends)]
    found = [text[start:end].strip() for start, end in zip(starts, [*ends, len(text)], strict=True)]
    return [statement for statement in found if _says_something(statement)]


def _says_something(statement: str) -> bool:
    return bool(tokenize(statement, read="databricks"))


def _rows(answer: Body) -> list[dict[str, Any]]:
    """The last statement's result as `{{tasks.<key>.output.rows}}` gives it."""
    if not answer.get("result") or not answer.get("manifest"):
        return []
    names = [column["name"] for column in answer["manifest"]["schema"]["columns"]]
    rows = (answer["result"].get("data_array") or [])[:_MOST_ROWS]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _check(key: str, task: Body, _: Scope) -> None:
    wanted = task[FIELD]
    if not wanted.get("warehouse_id"):
        raise invalid(f"Task '{key}': {FIELD}.warehouse_id is required.")
    kinds = sorted(set(wanted) - {"warehouse_id", "parameters"})
    if len(kinds) != 1 or kinds[0] not in _KINDS:
        raise invalid(f"Task '{key}': {FIELD} must name one of {', '.join(_KINDS)}; it names {kinds or 'none'}.")
    if kinds == ["file"]:
        files.check(f"Task '{key}': {FIELD}.file.path", wanted["file"].get("path"), wanted["file"].get("source"))
    elif not wanted[kinds[0]].get(f"{kinds[0]}_id"):
        raise invalid(f"Task '{key}': {FIELD}.{kinds[0]}.{kinds[0]}_id is required.")


def _show(answer: RunTask, record: Body) -> None:
    if "resolved" in record:
        answer.resolved_values = ResolvedValues(sql_task=ResolvedParamPairValues(parameters=record["resolved"]))


def _output(answer: RunOutput, record: Body) -> None:
    told = record.get("sql")
    if told is None:
        return
    common = {"query_text": told["query_text"], "warehouse_id": told["warehouse_id"]}
    if "alert_state" in told:
        state = SqlAlertState(told["alert_state"]) if told["alert_state"] != "ERROR" else SqlAlertState.UNKNOWN
        answer.sql_output = SqlOutput(alert_output=SqlAlertOutput(alert_state=state, **common))
        return
    keys = [SqlStatementOutput(lookup_key=statement) for statement in told["statements"]]
    answer.sql_output = SqlOutput(query_output=SqlQueryOutput(sql_statements=keys, **common))


TYPE = TaskType(FIELD, _check, SqlAttempt, _show, _output)
