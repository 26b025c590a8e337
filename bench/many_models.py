"""Settings with as many models as asked for: copies of a real one under other names, as a team would add them."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from environments.settings import package_root

TEMPLATE = "flight_delay"


def write_settings(folder: Path, models: int) -> None:
    """The project's settings with the template and copies of it, which share its source tables and own all else."""
    shutil.copytree(package_root(), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "models"))
    (folder / "models").mkdir()
    text = (package_root() / "models" / f"{TEMPLATE}.yaml").read_text(encoding="utf-8")
    (folder / "models" / f"{TEMPLATE}.yaml").write_text(text, encoding="utf-8")
    for number in range(2, models + 1):
        name = f"{TEMPLATE}_{number:03}"
        copy = yaml.safe_load(text) | {"name": name, "schema": name}
        copy["batch"]["sinks"]["jdbc"]["table"] = name
        (folder / "models" / f"{name}.yaml").write_text(yaml.safe_dump(copy), encoding="utf-8")
