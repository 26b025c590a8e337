"""A stand-in for the Terraform provider `databricks/databricks`, for machines that cannot install the real one.

Terraform sees the same resource types with the same attributes, makes the same REST calls happen, and finds drift the
same way. `resources/` has one file per type; `adapter.py` is the way from Terraform to them.
"""

CACHE_VARIABLE = "UNDERSTUDY_PROVIDER_CACHE"  # environment variable: the folder where a provider process may write
