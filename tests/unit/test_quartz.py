"""Quartz's cron expressions: what a Databricks job takes as its schedule, and what it refuses."""

from __future__ import annotations

import pytest

from environments.quartz import expectation


@pytest.mark.parametrize(
    "expression",
    [
        "0 0 2 * * ?",
        "0 0 3 ? * MON",
        "0 0/15 8-18 ? * MON-FRI",
        "0 0 0 1,15 * ? 2030",
        "0 0 0 L * ?",
        "0 0 0 L-3 * ?",
        "0 0 0 LW * ?",
        "0 0 0 15W JAN,JUL ?",
        "0 30 6 ? * 6#3",
        "0 30 6 ? * friL",
        "*/10 * * * * ? 2026-2030",
    ],
)
def test_what_quartz_takes_is_right(expression: str) -> None:
    assert expectation(expression) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 2 * * *", "seconds minutes hours"),
        ("0 0 2 * *  ?", "seconds minutes hours"),
        ("0 0 2 * * *", "? as exactly one"),
        ("0 0 2 ? * ?", "? as exactly one"),
        ("60 0 2 * * ?", "seconds from 0 to 59 where it says '60'"),
        ("0 60 2 * * ?", "minutes from 0 to 59"),
        ("0 0 24 * * ?", "hours from 0 to 23"),
        ("0 0 2 0 * ?", "day-of-month from 1 to 31"),
        ("0 0 2 32W * ?", "day-of-month from 1 to 31"),
        ("0 0 2 * 13 ?", "month from 1 to 12"),
        ("0 0 2 * Jan,FOO ?", "month from 1 to 12"),
        ("0 0 2 ? * 0", "day-of-week from 1 to 7"),
        ("0 0 2 ? * MON#6", "day-of-week from 1 to 7"),
        ("0 0 2 ? * MON-", "day-of-week from 1 to 7"),
        ("0 0/0 2 * * ?", "minutes from 0 to 59"),
        ("0 1-2-3 2 * * ?", "minutes from 0 to 59"),
        ("0 -5 2 * * ?", "minutes from 0 to 59"),
        ("0 0 2 * * ? 1969", "year from 1970 to 2099"),
        ("? 0 2 * * ?", "seconds from 0 to 59"),
    ],
)
def test_what_quartz_refuses_is_told(expression: str, expected: str) -> None:
    assert expected in str(expectation(expression))
