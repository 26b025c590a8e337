"""The workflows' runner: order, conditions, reusable workflows, and that it refuses what it does not understand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.play.delivery.runner import Event, Runner
from rehearsal.play.delivery.workflow import FOLDER, WorkflowError, filled

CHECKOUT = {"uses": "actions/checkout@abc"}


def job(run: str, **more: Any) -> dict[str, Any]:
    return {"runs-on": "x", "steps": [CHECKOUT, {"run": run, "env": {"SHA": "${{ github.sha }}"}}], **more}


def results(folder: Path, said: list[str], **files: dict[str, Any]) -> dict[str, str]:
    (folder / FOLDER).mkdir(parents=True)
    for name, jobs in files.items():
        triggers = {"push": None} if name == "main" else {"workflow_call": None}
        document = {"name": name, "on": triggers, "permissions": {}, "jobs": jobs}
        (folder / FOLDER / f"{name}.yml").write_text(yaml.safe_dump(document))
    nothing: dict[str, str] = {}
    runner = Runner(
        lambda commit: folder, folder / "logs", "", "", nothing, nothing, nothing, frozenset({"unit"}), said.append
    )
    return runner.run("main.yml", Event("push", "c0ffee", "refs/heads/main"))


def test_a_job_waits_for_what_it_needs_and_is_left_out_when_that_failed(tmp_path: Path) -> None:
    found = results(
        tmp_path,
        [],
        main={
            "last": {**job("echo $RESULTS > last"), "if": "always()", "needs": ["middle"]},
            "middle": job("touch middle", needs="first"),
            "first": job('test "$SHA" = c0ffee; false'),
        },
    )
    assert list(found.items()) == [("first", "failure"), ("middle", "skipped"), ("last", "success")]
    assert not (tmp_path / "middle").exists()


def test_a_called_workflow_gets_its_inputs_and_fails_with_its_jobs(tmp_path: Path) -> None:
    called = {"inner": {**job("exit $WHAT"), "env": {"WHAT": "${{ inputs.what }}"}}}
    calls = {name: {"uses": "./.github/workflows/called.yml", "with": {"what": name}} for name in ("0", "1")}
    assert results(tmp_path, [], main=calls, called=called) == {"0": "success", "1": "failure"}


def test_what_is_left_out_of_a_matrix_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    matrix = {"strategy": {"matrix": {"step": ["lint", "unit"]}}, "env": {"STEP": "${{ matrix.step }}"}}
    results(tmp_path, said, main={"checks": job("echo $STEP >> ran", **matrix)})
    assert (tmp_path / "ran").read_text() == "unit\n"
    assert "  job checks: left out here: lint" in said


def test_what_is_not_understood_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="if: failure"):
        results(tmp_path, [], main={"a": {**job("true"), "if": "failure()"}})
    with pytest.raises(WorkflowError, match="contains"):
        filled("${{ contains(github.ref, 'x') }}", {"github": {}})


def test_expressions() -> None:
    contexts = {"github": {"event": {"number": 3}}, "needs": {"a": {"result": "success"}}}
    assert filled("n-${{ github.event.number }}-${{ github.event.none }}", contexts) == "n-3-"
    assert filled("${{ toJSON(needs) }}", contexts) == '{"a": {"result": "success"}}'
