"""Writes the Terraform JSON of all stacks. The CDK for Terraform's command line runs it, as cdktf.json says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from environments.consistency import load_all
from environments.mistakes import EXIT_STATUS, exit_on_mistakes
from infra.wheel import WheelError, find_wheel

DIST = Path(__file__).parents[1] / "dist"


def main() -> None:
    """Read the settings, all of them before anything is written; then synthesize all stacks."""
    root = Path(os.environ["UNDERSTUDY_SETTINGS"]) if "UNDERSTUDY_SETTINGS" in os.environ else None
    with exit_on_mistakes():
        settings = load_all(root)
    try:
        wheel = find_wheel(DIST)
    except WheelError as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_STATUS)

    # Starts a Node process: not worth its seconds before the settings are known to be right.
    from cdktf import App

    from infra.stacks import add_stacks

    app = App()
    add_stacks(app, settings.account, settings.environments, settings.models, wheel)
    app.synth()


if __name__ == "__main__":
    main()
