"""All generated pages, by file name."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from cdktf import App

from environments.consistency import AllSettings
from infra.reference.access_page import access_page
from infra.reference.resources_page import resources_page
from infra.reference.settings_page import settings_page
from infra.stacks import add_stacks
from infra.wheel import Wheel

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def pages(settings: AllSettings, wheel: Wheel) -> dict[str, str]:
    """The text of each page of docs/reference."""
    return {
        "access.md": access_page(settings.environments.values(), settings.models),
        "resources.md": resources_page(_synthesized(settings, wheel), list(settings.environments)),
        "settings.md": settings_page(),
    }


def _synthesized(settings: AllSettings, wheel: Wheel) -> dict[str, Any]:
    """The stacks' JSON by name."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder)
        add_stacks(app, settings.account, settings.environments, settings.models, wheel)
        app.synth()
        return {file.parent.name: json.loads(file.read_text()) for file in Path(folder).glob("stacks/*/cdk.tf.json")}
