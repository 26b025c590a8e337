"""The jobs' secrets: scopes kept by Databricks. The secrets themselves are put there by people, or by the jobs.

A scope backed by the key vault would need no second copy of a secret. But Azure Databricks reads such a vault as its
own service, so that its permissions hold for the scope as a whole at best; and making one takes a login at Azure, which
a token of the workspace is not. A scope that Databricks keeps is made by whatever identity runs Terraform.
"""

from __future__ import annotations

from cdktf_cdktf_provider_databricks.secret_acl import SecretAcl
from cdktf_cdktf_provider_databricks.secret_scope import SecretScope
from constructs import Construct

from infra.resources.permissions import AccessLists


def add_secret_scope(scope: Construct, name: str, access: AccessLists, part: str = "secrets") -> None:
    """Add a scope and who may read and write its secrets; Terraform's own identity manages it."""
    secrets = SecretScope(scope, part, name=name)
    for grant, principal in access.levels("secret_scope", name):
        SecretAcl(
            scope,
            f"{part}-{grant.principal}",
            scope=secrets.name,
            principal=principal,
            permission=grant.privileges[0],
        )
