"""Whether a Challenger becomes Champion. A pure function."""

from __future__ import annotations

from dataclasses import dataclass

from environments.settings import Promotion


@dataclass(frozen=True)
class Decision:
    """The answer and its reason, in words."""

    promote: bool
    reason: str


def decide(challenger: float, champion: float | None, rules: Promotion) -> Decision:
    """With no Champion the threshold decides, else the Challenger must be better by more than `min_gain`."""
    found = f"Challenger's {rules.metric} {challenger:.4f}"
    if champion is None:
        promote = challenger >= rules.threshold
        return Decision(promote, f"{found}, threshold {rules.threshold}, no Champion yet")
    promote = challenger - champion > rules.min_gain
    return Decision(promote, f"{found}, Champion's {champion:.4f} on the same rows, gain needed {rules.min_gain}")
