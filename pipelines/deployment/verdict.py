"""What a version's tags say of its approval. A pure function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.registry import ANSWER, ANSWER_REASON, ANSWERED_BY, APPROVED, PENDING, REJECTED


@dataclass(frozen=True)
class Verdict:
    """APPROVED, REJECTED, TIMED_OUT or PENDING; by whom and why, where that is told."""

    status: str
    by: str = ""
    reason: str = ""

    def __str__(self) -> str:
        who = f" by {self.by}" if self.by else ""
        return f"{self.status}{who}" + (f" ({self.reason})" if self.reason else "")


def verdict(tags: Mapping[str, str]) -> Verdict:
    """The people's answer; PENDING while there is none, and also for a word that is neither yes nor no.

    Who set the tag says himself who he is: what cannot be denied is in Databricks' audit log.
    """
    word = tags.get(ANSWER, "").strip().upper()
    if word in (APPROVED, REJECTED):
        return Verdict(word, tags.get(ANSWERED_BY, ""), tags.get(ANSWER_REASON, ""))
    return Verdict(PENDING, reason=f"{word!r} is neither {APPROVED} nor {REJECTED}" if word else "")
