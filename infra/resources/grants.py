"""The access function's grants as resources: one for each securable, and nobody holds more than it says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from cdktf_cdktf_provider_databricks.grants import Grants, GrantsGrant
from constructs import Construct

from environments.settings import Environment, Model
from infra import access
from infra.resources.catalog import CatalogResources
from infra.resources.identity import JobsIdentity, principal_name


def add_grants(
    scope: Construct,
    environment: Environment,
    models: Sequence[Model],
    catalog: CatalogResources,
    jobs: JobsIdentity,
) -> list[Grants]:
    """Add them. Securables are written by name, which plans and policies can read; so each depends on its securable."""
    added = []
    for (kind, name), group in groupby(access.grants(environment, models), key=lambda g: (g.kind, g.securable)):
        grants = [
            GrantsGrant(principal=principal_name(environment, jobs, g.principal), privileges=list(g.privileges))
            for g in group
        ]
        identifier = f"grants-{kind}-{name.replace('.', '-')}"
        if kind == "catalog":
            added.append(Grants(scope, identifier, catalog=name, grant=grants, depends_on=[catalog.catalog]))
        elif kind == "schema":
            added.append(Grants(scope, identifier, schema=name, grant=grants, depends_on=[catalog.schemas[name]]))
        else:
            added.append(Grants(scope, identifier, volume=name, grant=grants, depends_on=[catalog.volumes[name]]))
    return added
