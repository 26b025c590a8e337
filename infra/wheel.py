"""The wheel that the jobs run: where it is, and which code it holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from environments import names
from environments.settings import Environment

DIGEST_LENGTH = 12


class WheelError(Exception):
    """There is not exactly one wheel; the message says what to do."""


@dataclass(frozen=True)
class Wheel:
    """A built wheel. `digest` begins its SHA-256: it names the code version in paths, jobs and MLflow runs."""

    path: Path
    digest: str

    def volume_path(self, environment: Environment) -> str:
        """Where the wheel lies in the environment. New code has a new path, so that a running job keeps its own."""
        volume = f"/Volumes/{environment.catalog}/{names.WHEEL_SCHEMA}/{names.WHEEL_VOLUME}"
        return f"{volume}/{self.digest}/{self.path.name}"


def find_wheel(folder: Path) -> Wheel:
    """The one wheel in the folder. Raises WheelError."""
    wheels = sorted(folder.glob(f"{names.WHEEL_DISTRIBUTION}-*.whl"))
    if not wheels:
        raise WheelError(f"{folder.name}: found no wheel of {names.WHEEL_DISTRIBUTION}; build it with `make wheel`")
    if len(wheels) > 1:
        found = ", ".join(wheel.name for wheel in wheels)
        raise WheelError(f"{folder.name}: found {found}; expected one wheel: delete the others")
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()[:DIGEST_LENGTH]
    return Wheel(wheels[0], digest)
