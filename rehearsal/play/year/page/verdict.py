"""What the year says of retraining, in words: that it helped, that it did not, or that nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.play.pages.formats import number
from rehearsal.play.year.model import YearReport


@dataclass(frozen=True)
class Verdict:
    """The headline, and the sentence under it."""

    headline: str
    detail: str


def verdict(report: YearReport) -> Verdict:
    """The verdict on retraining, by the metric that decides about promotions."""
    gain = report.gain
    if gain is None:
        return Verdict(
            "Whether retraining helped is not known",
            f"There is no month of which {report.metric} is known both with and without retraining.",
        )
    gains = [of_month for month in report.months if (of_month := report.gain_of(month)) is not None]
    over = f"over {_months(len(gains))}"
    if gain > 0:
        headline = f"Retraining helped: {report.metric} was better by {number(gain)} {over}"
    elif gain < 0:
        headline = f"Retraining did not help: {report.metric} was worse by {number(-gain)} {over}"
    else:
        headline = f"Retraining did not help: {report.metric} was the same without it {over}"
    better, worse = sum(one > 0 for one in gains), sum(one < 0 for one in gains)
    return Verdict(
        headline,
        f"The mean of the months by their rows, against the year's first version; "
        f"{'more' if report.more_is_better else 'less'} is better. Retraining was ahead in {_months(better)}, "
        f"level in {len(gains) - better - worse}, behind in {worse}.",
    )


def wrong(report: YearReport) -> str:
    """The names of what went wrong; nothing where all went well."""
    found = {
        "Steps that failed": [step.name for step in report.steps if not step.ok],
        "Faults that ended badly": [fault.name for fault in report.faults if not fault.ok],
        "Counts that do not agree": [count.what for count in report.counts if not count.ok],
    }
    return " ".join(f"{what}: {', '.join(names)}." for what, names in found.items() if names)


def _months(count: int) -> str:
    return f"{count} month{'' if count == 1 else 's'}"
