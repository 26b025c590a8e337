"""Which Chromium the tests drive: one that is named, the one of set-up, or the machine's."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
OF_SET_UP = ROOT / ".understudy" / "chromium"
NAMED = "UNDERSTUDY_CHROMIUM"


@dataclass(frozen=True)
class Chromium:
    """A program and the variables that it needs."""

    program: str
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Chromium | None:
    """The browser to use, or None."""
    if os.environ.get(NAMED):
        return Chromium(os.environ[NAMED])
    # What npm brings is built for Linux on x86-64.
    if (OF_SET_UP / "installed").exists() and (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        own = {"LD_LIBRARY_PATH": str(OF_SET_UP / "lib"), "FONTCONFIG_FILE": str(OF_SET_UP / "fonts.conf")}
        return Chromium(str(OF_SET_UP / "chromium"), own)
    found = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    return Chromium(found) if found else None


WHY_NOT = f"no Chromium: `make test` unpacks one on Linux x86-64; elsewhere name one in {NAMED} or put it on the PATH"
