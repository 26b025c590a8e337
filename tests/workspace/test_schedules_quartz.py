"""When Quartz expressions fire: examples of Quartz's own tutorial and of days that calendars make hard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.workspace.scheduling import quartz


def fires(expression: str, after: str, count: int = 3, zone: str = "UTC") -> list[str]:
    """The next times in the zone's wall clock."""
    cron = quartz.parse(expression, zone)
    moment: datetime | None = datetime.fromisoformat(after).replace(tzinfo=cron.zone).astimezone(UTC)
    found = []
    while len(found) < count and moment and (moment := cron.after(moment)):
        found.append(moment.astimezone(cron.zone).strftime("%Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 12 * * ?", ["2025-01-15 12:00:00", "2025-01-16 12:00:00", "2025-01-17 12:00:00"]),
        ("0 15 10 ? * MON-FRI", ["2025-01-15 10:15:00", "2025-01-16 10:15:00", "2025-01-17 10:15:00"]),
        ("0 0/5 14 * * ?", ["2025-01-15 14:00:00", "2025-01-15 14:05:00", "2025-01-15 14:10:00"]),
        ("0 10,44 14 ? 3 WED", ["2025-03-05 14:10:00", "2025-03-05 14:44:00", "2025-03-12 14:10:00"]),
        ("0 15 10 L * ?", ["2025-01-31 10:15:00", "2025-02-28 10:15:00", "2025-03-31 10:15:00"]),
        ("0 15 10 L-2 * ?", ["2025-01-29 10:15:00", "2025-02-26 10:15:00", "2025-03-29 10:15:00"]),
        ("0 15 10 ? * 6L", ["2025-01-31 10:15:00", "2025-02-28 10:15:00", "2025-03-28 10:15:00"]),
        ("0 15 10 ? * 6#3", ["2025-01-17 10:15:00", "2025-02-21 10:15:00", "2025-03-21 10:15:00"]),
        ("0 0 0 ? * 2#5", ["2025-03-31 00:00:00", "2025-06-30 00:00:00", "2025-09-29 00:00:00"]),
        # The 15th of February and March 2025 are Saturdays: the nearest weekday is the 14th.
        ("0 0 9 15W * ?", ["2025-01-15 09:00:00", "2025-02-14 09:00:00", "2025-03-14 09:00:00"]),
        # The 1st of February and March are Saturdays, too: the month is not left, so it is Monday the 3rd.
        ("0 0 9 1W * ?", ["2025-02-03 09:00:00", "2025-03-03 09:00:00", "2025-04-01 09:00:00"]),
        ("0 0 9 LW * ?", ["2025-01-31 09:00:00", "2025-02-28 09:00:00", "2025-03-31 09:00:00"]),
        ("0 0 0 29 2 ?", ["2028-02-29 00:00:00", "2032-02-29 00:00:00", "2036-02-29 00:00:00"]),
        ("0 0 22-2/2 ? * *", ["2025-01-15 02:00:00", "2025-01-15 22:00:00", "2025-01-16 00:00:00"]),
        ("0 0 9 ? * SAT-SUN", ["2025-01-18 09:00:00", "2025-01-19 09:00:00", "2025-01-25 09:00:00"]),
        ("0 15 10 * * ? 2026", ["2026-01-01 10:15:00", "2026-01-02 10:15:00", "2026-01-03 10:15:00"]),
        ("0 15 10 * * ? 2024", []),
        ("*/20 * * * * ?", ["2025-01-15 00:00:20", "2025-01-15 00:00:40", "2025-01-15 00:01:00"]),
    ],
)
def test_next_times(expression: str, expected: list[str]) -> None:
    assert fires(expression, "2025-01-15 00:00:00") == expected


def test_daylight_saving() -> None:
    """Amsterdam: 2025-03-30 has no 02:30; 2025-10-26 has two, of which the first counts."""
    assert fires("0 30 2 * * ?", "2025-03-29 00:00:00", 2, "Europe/Amsterdam") == [
        "2025-03-29 02:30:00",
        "2025-03-31 02:30:00",
    ]
    cron = quartz.parse("0 30 2 * * ?", "Europe/Amsterdam")
    first = cron.after(datetime(2025, 10, 25, 12, tzinfo=UTC))
    assert first == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert cron.after(first) == datetime(2025, 10, 27, 1, 30, tzinfo=UTC)
    # A day there has 25 hours between the two noons around it.
    noon = quartz.parse("0 0 12 * * ?", "Europe/Amsterdam")
    before = noon.after(datetime(2025, 10, 25, 0, tzinfo=UTC))
    assert before and noon.after(before) == before + timedelta(hours=25)


@pytest.mark.parametrize(
    ("expression", "zone", "complaint"),
    [
        ("0 0 12 * *", "UTC", "6 or 7 fields"),
        ("0 0 12 * * *", "UTC", "exactly one"),
        ("0 0 12 ? * ?", "UTC", "exactly one"),
        ("0 0 24 * * ?", "UTC", "field hours is not a value from 0 to 23"),
        ("0 0 12 * * ?", "Mars/Olympus", "is not a time zone"),
        ("0 0 12 ? * MOO", "UTC", "'MOO' in the field day-of-week"),
        ("0 0/0 12 * * ?", "UTC", "step"),
        ("0 0 12 L-40 * ?", "UTC", "at most 30"),
        ("", "UTC", "6 or 7 fields"),
    ],
)
def test_what_is_wrong_is_said(expression: str, zone: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        quartz.parse(expression, zone)
