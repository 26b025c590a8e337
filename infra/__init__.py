"""What exists on Databricks, as Terraform stacks in the CDK for Terraform: one stack for each environment."""
