"""The stacks as the command line writes them: synthesized by a process of its own, without credentials or network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from environments.settings import ENVIRONMENTS, load_account, load_environment, load_model, model_names
from infra.wheel import find_wheel

ROOT = Path(__file__).parents[2]
Stacks = dict[str, dict[str, Any]]


def run_infra(
    out: Path,
    settings: Path | None = None,
    command: Sequence[str] = (sys.executable, "-m", "infra"),
    **extra: str,
) -> subprocess.CompletedProcess[str]:
    """Run the app into a folder. Whoever needs the network or credentials here fails."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    dead = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    environment = {**kept, **dead, "CDKTF_OUTDIR": str(out), "DATABRICKS_CONFIG_FILE": os.devnull, **extra}
    if settings:
        environment["UNDERSTUDY_SETTINGS"] = str(settings)
    return subprocess.run(list(command), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def read_stacks(out: Path) -> Stacks:
    """The synthesized JSON by stack."""
    return {path.parent.name: json.loads(path.read_text()) for path in sorted(out.glob("stacks/*/cdk.tf.json"))}


def synthesize(out: Path, settings: Path, only: str | None = None) -> Stacks:
    """The stacks of a folder of settings, synthesized by this process: quicker, where many are compared.

    Args:
        only: the environment whose two stacks are looked at, where the others are not.
    """
    # Not at the top: this starts a Node process, and other tests of this folder need none.
    from cdktf import App

    from infra.stacks import add_environment, add_stacks

    # Each file alone: comparisons let two environments share a network, say, which all files together must not.
    environments = {name: load_environment(name, settings) for name in ENVIRONMENTS}
    models = [load_model(name, settings) for name in model_names(settings)]
    app = App(outdir=str(out))
    account, wheel = load_account(settings), find_wheel(ROOT / "dist")
    if only is None:
        add_stacks(app, account, environments, models, wheel)
    else:
        add_environment(app, account, environments, environments[only], models, wheel)
    app.synth()
    return read_stacks(out)
