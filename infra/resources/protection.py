"""Keeps Terraform from destroying data and models where the environment's settings say that they are protected."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle

from environments.settings import Environment


def protection(environment: Environment) -> TerraformResourceLifecycle | None:
    """The lifecycle of what must outlast a mistaken plan: any plan that would destroy it fails."""
    return TerraformResourceLifecycle(prevent_destroy=True) if environment.protected else None
