"""What exists on Azure and Databricks, as CDK for Terraform stacks made from the settings."""

from infra.bindings import import_one_by_one

import_one_by_one()
