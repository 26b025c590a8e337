"""What a deployment would change, for people: Terraform's own plan as short tables of resources, access and drift.

Pure functions from the plan's JSON (https://developer.hashicorp.com/terraform/internals/json-format) to rows; Terraform
is called in `terraform.py`, tables are drawn in `tables.py`.
"""
