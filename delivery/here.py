"""Where are we? In a run of GitHub Actions or of Azure Pipelines, or on somebody's machine, where nothing is told."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.azure_devops import AzureDevOps
from delivery.forge import Forge
from delivery.github import GitHub


def forge_here(environment: Mapping[str, str]) -> Forge | None:
    """By the variables that each sets; None outside both."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return GitHub(environment)
    if environment.get("TF_BUILD") == "True":
        return AzureDevOps(environment)
    return None
