"""The access function's grants as resources: one for each securable, and nobody holds more than it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from cdktf_cdktf_provider_databricks.catalog import Catalog
from cdktf_cdktf_provider_databricks.external_location import ExternalLocation
from cdktf_cdktf_provider_databricks.grants import Grants, GrantsGrant
from cdktf_cdktf_provider_databricks.registered_model import RegisteredModel
from cdktf_cdktf_provider_databricks.schema import Schema
from cdktf_cdktf_provider_databricks.volume import Volume
from constructs import Construct

from environments.settings import Environment, Model
from infra import access
from infra.resources.catalog import CatalogResources

# How a grants resource names its securable, where that is not the kind's own name.
ATTRIBUTES = {"registered_model": "model"}


def add_grants(
    scope: Construct,
    environment: Environment,
    models: Sequence[Model],
    environments: Sequence[Environment],
    application_ids: Mapping[str, str],
    location: ExternalLocation,
    catalog: CatalogResources,
    registered: Mapping[str, RegisteredModel],
) -> dict[str, Grants]:
    """Add them; by the securable's name. `registered`: the registered models by their full names.

    Securables are written by name, which plans and policies can read; so each depends on its securable. Service
    principals are named by `application_ids`, by their display names.
    """
    added = {}
    for (kind, name), on_securable in groupby(
        access.grants(environment, models, environments), key=lambda grant: (grant.kind, grant.securable)
    ):
        securable: ExternalLocation | Catalog | Schema | Volume | RegisteredModel
        match kind:
            case "external_location":
                securable = location
            case "catalog":
                securable = catalog.catalog
            case "schema":
                securable = catalog.schemas[name]
            case "volume":
                securable = catalog.volumes[name]
            case "registered_model":
                securable = registered[name]
            case _:
                raise LookupError(f"no resource carries grants on a {kind}")
        added[name] = Grants(
            scope,
            f"grants-{kind}-{name.replace('.', '-')}",
            grant=[
                GrantsGrant(
                    principal=application_ids.get(principal, principal),
                    privileges=sorted(privilege for grant in of_principal for privilege in grant.privileges),
                )
                for principal, of_principal in groupby(on_securable, key=lambda grant: grant.principal)
            ],
            depends_on=[securable],
            **{ATTRIBUTES.get(kind, kind): name},
        )
    return added
