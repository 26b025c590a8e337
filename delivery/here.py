"""Where are we? In a run of GitHub Actions or of Azure Pipelines, or on somebody's machine, where nothing is told."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.azure_devops import AzureDevOps
from delivery.forge import Forge
from delivery.github import GitHub, is_of_a_fork


def forge_here(environment: Mapping[str, str]) -> Forge | None:
    """By the variables that each sets; None outside both, and where nothing may be told, of a fork's pull request."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return None if is_of_a_fork(environment) else GitHub(environment)
    if environment.get("TF_BUILD") == "True":
        return AzureDevOps(environment)
    return None
