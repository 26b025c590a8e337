"""What is pure in jobs: run_if with excluded tasks and branches, comparisons, references, statements of a SQL file."""

from __future__ import annotations

import pytest

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.jobs import graph, references
from rehearsal.workspace.jobs.graph import Edge
from rehearsal.workspace.jobs.tasks.condition import compare
from rehearsal.workspace.jobs.tasks.sql import split

S, F, C, X, U = "SUCCESS", "FAILED", "CANCELED", "EXCLUDED", "UPSTREAM_FAILED"


@pytest.mark.parametrize(
    ("condition", "parents", "verdict"),
    [
        ("ALL_SUCCESS", [S, S], "run"),
        ("ALL_SUCCESS", [S, X], "run"),  # excluded counts as successful
        ("ALL_SUCCESS", [S, F], U),
        ("ALL_SUCCESS", [S, C], "UPSTREAM_CANCELED"),
        ("ALL_SUCCESS", [X, X], X),
        ("ALL_DONE", [F, C], "run"),
        ("ALL_DONE", [X], X),
        ("AT_LEAST_ONE_SUCCESS", [F, S], "run"),
        ("AT_LEAST_ONE_SUCCESS", [F, X], U),
        ("NONE_FAILED", [S, X], "run"),
        ("NONE_FAILED", [S, U], U),
        ("AT_LEAST_ONE_FAILED", [S, U], "run"),
        ("AT_LEAST_ONE_FAILED", [S, S], X),
        ("ALL_FAILED", [F, "TIMEDOUT"], "run"),
        ("ALL_FAILED", [F, S], X),
    ],
)
def test_run_if(condition: str, parents: list[str], verdict: str) -> None:
    keys = [f"p{number}" for number in range(len(parents))]
    tasks = {**{key: [] for key in keys}, "t": [Edge(key) for key in keys]}
    decision = graph.decide(tasks, {"t": condition}, {"t"}, dict(zip(keys, parents, strict=True)), {})
    assert (decision.start, decision.skip) == ((["t"], {}) if verdict == "run" else ([], {"t": verdict}))


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [("ALL_SUCCESS", X), ("NONE_FAILED", "run"), ("AT_LEAST_ONE_SUCCESS", "run"), ("ALL_DONE", "run")],
)
def test_a_branch_not_taken_keeps_a_task_from_all_success_only(condition: str, verdict: str) -> None:
    tasks = {"if": [], "a": [], "t": [Edge("if", "true"), Edge("a")]}
    decision = graph.decide(tasks, {"t": condition}, {"t"}, {"if": S, "a": S}, {"if": "false"})
    assert decision.start == (["t"] if verdict == "run" else [])
    alone = graph.decide({"if": [], "t": [Edge("if", "true")]}, {"t": condition}, {"t"}, {"if": S}, {"if": "false"})
    assert alone.skip == {"t": X}


def test_a_run_ends_as_its_leaves_do() -> None:
    tasks = {"a": [], "b": [Edge("a")], "c": [Edge("a")]}
    assert graph.result(tasks, {"a": F, "b": U, "c": S}) == "FAILED"
    assert graph.result(tasks, {"a": F, "b": S, "c": X}) == "SUCCESS_WITH_FAILURES"
    assert graph.result(tasks, {"a": S, "b": S, "c": X}) == "SUCCESS"
    assert graph.dependents(tasks, {"a"}) == {"b", "c"}


@pytest.mark.parametrize(
    ("op", "left", "right", "outcome"),
    [
        ("EQUAL_TO", "12.0", "12", False),
        ("NOT_EQUAL", "12.0", "12", True),
        ("GREATER_THAN_OR_EQUAL", "12.0", "12", True),
        ("GREATER_THAN_OR_EQUAL", "10.0", "12", False),
        ("GREATER_THAN", "9", "10", False),
        ("LESS_THAN", "9", "10", True),
        ("LESS_THAN_OR_EQUAL", "-1", "-1.0", True),
    ],
)
def test_equality_is_of_texts_and_order_of_numbers(op: str, left: str, right: str, outcome: bool) -> None:
    assert compare(op, left, right) is outcome


VALUES = {("q", "numbers"): [1, 2], ("q", "word"): "late"}
CONTEXT = references.Context(
    fixed={"job.id": 7, "job.trigger.type": "periodic"},
    start_time=1_384_300_805_000,
    trigger_time=None,
    parameters={"day": "2013-01-01"},
    tasks={"q": {"result": "SUCCESS", "run_id": 3, "attempt_number": 1, "output": {"rows": [{"n": "1"}]}}},
    task_value=lambda task, key: VALUES[(task, key)],
    input={"carrier": "UA", "months": [1, 2]},
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{job.id}}/{{ job.trigger.type }}", "7/periodic"),
        ("{{job.start_time.iso_date}} {{job.start_time.[hour]}}", "2013-11-13 0"),
        ("{{job.parameters.day}}", "2013-01-01"),
        ("{{tasks.q.result_state}}-{{tasks.q.run_id}}-{{tasks.q.execution_count}}", "success-3-2"),
        ("{{tasks.q.values.numbers}}", "[1, 2]"),
        ("{{tasks.`q`.values.word}}", "late"),
        ("{{tasks.q.output.rows}}", '[{"n": "1"}]'),
        ("{{input.carrier}} of {{input}}", 'UA of {"carrier": "UA", "months": [1, 2]}'),
        ("{{no_namespace.of.ours}} {{job.id", "{{no_namespace.of.ours}} {{job.id"),
    ],
)
def test_references(text: str, value: str) -> None:
    assert references.resolve(text, CONTEXT) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{job.notebook_url}}", "not a known dynamic value reference"),
        ("{{job.parameters.night}}", "no parameter 'night'"),
        ("{{tasks.q.values.none}}", "has set no task value 'none'"),
        ("{{tasks.r.result_state}}", "no task 'r'"),
        ("{{input.airline}}", "no key 'airline'"),
        ("{{job.trigger.time.iso_date}}", "not triggered by a schedule"),
        ("{{backfill.iso_date}}", "not a known dynamic value reference"),
    ],
)
def test_a_reference_of_a_known_namespace_must_exist(text: str, message: str) -> None:
    with pytest.raises(references.UnresolvedReference, match=message):
        references.resolve(text, CONTEXT)


def test_a_whole_reference_keeps_its_type() -> None:
    assert references.resolve_value(" {{tasks.q.values.numbers}} ", CONTEXT) == [1, 2]
    assert references.resolve_value("[{{job.id}}]", CONTEXT) == "[7]"


def test_a_sql_file_is_split_at_its_semicolons() -> None:
    assert split("SELECT ';' -- a; b\n; ;\nSELECT 2;") == ["SELECT ';' -- a; b", "SELECT 2"]
    with pytest.raises(DatabricksError, match="cannot be read"):
        split("SELECT 'open")
