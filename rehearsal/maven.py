"""Jars from Maven Central: Ivy, which comes with pyspark, brings those of a listing once; later starts find them.

On a class path from the start they cost less than as Spark's packages, which Ivy would resolve anew each time, and
which Spark would copy and load apart from its own classes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pyspark

IVY_VARIABLE = "UNDERSTUDY_IVY"
_SHARED_IVY = Path(__file__).parents[1] / ".understudy" / "ivy"
_SECONDS = 600


class JarsError(RuntimeError):
    """The jars could not be brought; the message ends with what Ivy said."""


def class_path(listing: Path) -> str:
    """The jars that an `ivy.xml` lists, with what they need where it says so. Raises JarsError."""
    kept = Path(os.environ.get(IVY_VARIABLE) or _SHARED_IVY)
    folder = kept / f"{listing.parent.name}-{hashlib.sha256(listing.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        kept.mkdir(parents=True, exist_ok=True)
        # Moved as a whole once complete: an interrupted start, or two at the same time, leave no half of it.
        with tempfile.TemporaryDirectory(dir=kept, prefix="draft-") as draft:
            _retrieve(listing, Path(draft))
            if not folder.exists():
                shutil.move(Path(draft) / "jars", folder)
    return os.pathsep.join(sorted(map(str, folder.glob("*.jar"))))


def _retrieve(listing: Path, draft: Path) -> None:
    (ivy,) = (Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar")
    command = ["java", "-jar", str(ivy), "-ivy", str(listing), "-m2compatible", "-cache", str(draft / "cache")]
    command += ["-types", "jar", "bundle", "-retrieve", f"{draft}/jars/[artifact]-[revision].[ext]"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise JarsError(f"jars of {listing.name} could not be brought:\n{(done.stdout + done.stderr)[-2000:]}")
