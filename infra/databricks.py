"""The Databricks provider of a stack: which profile it signs in by, and which versions of it will do."""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_databricks.provider import DatabricksProvider


def add_databricks(stack: TerraformStack, profile: str, host: str | None = None) -> None:
    """Add the provider; a host that is given counts, whatever the profile says.

    cdktf's last bindings are of 1.99.0 and would ask for just that. Later versions of the same major know all that
    these can write, so any of them will do: which one a stack was planned with stands in Terraform's lock file.
    """
    provider = DatabricksProvider(stack, "databricks", profile=profile, host=host)
    metadata = provider.terraform_generator_metadata
    assert metadata is not None and metadata.provider_version is not None
    major, minor, _ = metadata.provider_version.split(".")
    stack.add_override("terraform.required_providers.databricks.version", f"~> {major}.{minor}")
