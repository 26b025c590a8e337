"""Synthesis of all stacks: against the floor that its imports set, and as models are added."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.many_models import write_settings
from bench.measure import Measurement, run

ROOT = Path(__file__).parents[1]
SIZES = (1, 10, 100)

# What the app imports before it makes the first resource: cdktf, the bindings that it uses one by one, the settings.
_USED = "import sys, infra.stacks; print(*sorted(m for m in sys.modules if m.startswith('cdktf_cdktf_provider_')))"
_FLOOR = (
    "import sys, importlib, infra.bindings, cdktf, environments.settings; "
    "[importlib.import_module(name) for name in sys.argv[1:]]"
)


def measure(repetitions: int, progress: Callable[[str], None]) -> list[Measurement]:
    """The floor, then each size. A floor's run goes with each repetition, so that a busy moment disturbs both alike."""
    bindings = subprocess.run(
        [sys.executable, "-c", _USED], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    floor = []
    measurements = []
    with TemporaryDirectory() as scratch:
        for size in SIZES:
            settings = Path(scratch, f"{size}-models")
            write_settings(settings, size)
            runs = []
            for repetition in range(repetitions):
                progress(f"{size} models, {repetition + 1} of {repetitions}")
                floor.append(run([sys.executable, "-c", _FLOOR, *bindings], _environment(), ROOT))
                out = {"UNDERSTUDY_SETTINGS": str(settings), "CDKTF_OUTDIR": str(Path(scratch, "out"))}
                runs.append(run([sys.executable, "-m", "infra"], _environment() | out, ROOT))
            measurements.append(Measurement("synthesis of all stacks", tuple(runs), size))
    return [Measurement("floor: imports alone", tuple(floor)), *measurements]


def _environment() -> dict[str, str]:
    """Ours, without what chooses other settings or states."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("UNDERSTUDY_", "CDKTF_"))}
