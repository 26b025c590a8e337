"""The build log of a served entity: what its model asks for, beside what the workspace's own environment has.

On Databricks this is the log of a container's build. Here all models share one environment, and nothing is installed:
the log says which requirements it meets and which it does not.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import InvalidRequirement, Requirement

from rehearsal.workspace.context import Platform
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import models

_FILE = "requirements.txt"


def text(platform: Platform, endpoint: Body, entity: str) -> str:
    """A line for each requirement of the model version that the entity serves, or will serve."""
    configs = [endpoint["pending_config"] or {}, endpoint["config"] or {}]
    served = next(item for config in configs for item in config.get("served_entities", []) if item["name"] == entity)
    folder = models.version_path(platform, served["entity_name"], int(served["entity_version"]))
    lines = [f"Model {served['entity_name']}, version {served['entity_version']}: nothing is installed for it."]
    if not (folder / _FILE).exists():
        return f"{lines[0]}\nThe model names no requirements.\n"
    for line in (folder / _FILE).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "-")):
            lines.append(_judged(line.strip()))
    return "\n".join([*lines, ""])


def _judged(line: str) -> str:
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return f"{line}: not looked at"
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{line}: MISSING"
    return f"{line}: {'met' if wanted.specifier.contains(found, prereleases=True) else 'NOT MET'} by {found}"
