"""What a version's tags say of its approval, and answers that are refused before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import names
from environments.settings import load_environment, load_model
from pipelines.deployment import answer
from pipelines.deployment.verdict import Verdict, verdict


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, Verdict("PENDING")),
        ({"approval_status": "TIMED_OUT", "approval_reason": "nobody answered"}, Verdict("PENDING")),
        ({"approval": "Approved"}, Verdict("APPROVED")),
        ({"approval": " rejected "}, Verdict("REJECTED")),
        (
            {"approval": "REJECTED", "approval_by": "max@example.com", "approval_reason": "too slow"},
            Verdict("REJECTED", "max@example.com", "too slow"),
        ),
        ({"approval": "yes"}, Verdict("PENDING", reason="'YES' is neither APPROVED nor REJECTED")),
    ],
)
def test_the_answer_is_a_tag(tags: dict[str, str], expected: Verdict) -> None:
    assert verdict(tags) == expected


def test_a_verdict_in_words() -> None:
    assert str(Verdict("APPROVED")) == "APPROVED"
    assert str(Verdict("REJECTED", "max@example.com", "too slow")) == "REJECTED by max@example.com (too slow)"


def test_databricks_knows_the_task_by_its_name() -> None:
    assert names.APPROVAL.lower().startswith("approval")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--environment=moon", "--model=flight_delay"], 2, "moon"),
        (["--environment=prod", "--model=flight_delay"], 1, "profile prod of the Databricks configuration file"),
        (["--environment=prod", "--model=flight_delay", f"--reason={'x' * 251}"], 1, "251 characters, expected 250"),
    ],
)
def test_a_wrong_answer_is_told_in_one_line(
    arguments: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "databrickscfg").write_text("[elsewhere]\nhost = https://example.com\n")
    for variable in ("DATABRICKS_HOST", "DATABRICKS_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "databrickscfg"))
    with pytest.raises(SystemExit) as stopped:
        answer.main(["approve", *arguments])
    assert stopped.value.code == status
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_people_are_asked_where_the_settings_say() -> None:
    model = load_model("flight_delay")
    asked = [name for name in ("dev", "staging", "prod") if load_environment(name).approval_of(model)]
    assert asked == ["prod"]
