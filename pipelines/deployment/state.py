"""Where a rollout stands: one tag of the Challenger, so that it changes as a whole or not at all.

The alias `Rollout` says which version it is of. What the tag says is then put into effect (`release.py`), by whoever
comes next if the one who wrote it dies.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from mlflow.entities.model_registry import ModelVersion

from pipelines.errors import PipelineError
from pipelines.registry import ROLLOUT, uri_of

STATE, REASON = "rollout", "rollout_reason"  # tags


class Phase(StrEnum):
    """Under way, or how it ended."""

    RUNNING = "RUNNING"
    PROMOTED = "PROMOTED"
    ROLLED_BACK = "ROLLED_BACK"
    SUPERSEDED = "SUPERSEDED"
    STOPPED = "STOPPED"


@dataclass(frozen=True)
class RolloutState:
    """The Challenger's share of the traffic since a moment (UTC), and the version of the Champion that has the rest."""

    phase: Phase
    percent: int
    since: datetime
    champion: str

    def as_tag(self) -> str:
        """As the tag's value."""
        return json.dumps({**asdict(self), "since": self.since.isoformat(timespec="seconds")})

    @classmethod
    def of(cls, version: ModelVersion) -> RolloutState:
        """As the version's tag says. Raises PipelineError for a tag that is none."""
        said = version.tags.get(STATE, "not set")
        try:
            known = json.loads(said)
            since = datetime.fromisoformat(known["since"])
            return cls(Phase(known["phase"]), int(known["percent"]), since, str(known["champion"]))
        except (ValueError, KeyError, TypeError) as error:
            where = f"model {uri_of(version)}, which has the alias {ROLLOUT}, tag {STATE}"
            raise PipelineError(where, repr(said), "a rollout's state; or take the alias away") from error
